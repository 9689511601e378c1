import { everyNetworkStep, type NetworkStep } from '../network/quantized-step.ts';
import type { QuantizedNetwork } from '../network/quantized-network.ts';
import { floatKinds } from '../network/float-layers.ts';
import { show } from '../validation.ts';

/** Containers that a file can hold. */
const containers: readonly string[] = ['residual', 'attention'];

/**
 * The steps of a network, if a file can hold them: all but layers that were kept in float because they can't be quantized, and
 * containers other than residual connections and attention.
 *
 * @throws {TypeError} if it is no quantized network, or has other steps; all are named.
 */
export function writableSteps(where: string, network: QuantizedNetwork): readonly NetworkStep[] {
  if (network?.kind !== 'quantized')
    throw new TypeError(`${where}: network is ${show(network)}, but must be what quantize() or convert() made.`);
  const others = Array.from(everyNetworkStep(network.steps)).flatMap((step) => {
    const held = step.kind === 'float' ? floatKinds : containers;
    return 'layer' in step && !held.includes(step.layer.kind) ? [`layer ${step.name} (${step.layer.kind})`] : [];
  });
  if (others.length > 0) throw new TypeError(`${where}: ${others.join(', ')} can't be written; save what they are with the original.`);
  return network.steps;
}
