import { everyNetworkStep, type NetworkStep } from '../network/quantized-step.ts';
import type { QuantizedNetwork } from '../network/quantized-network.ts';
import { show } from '../validation.ts';

/**
 * The steps of a network, if a file can hold them: all but layers in float that are no activations, and containers that are no residual
 * connections.
 *
 * @throws {TypeError} if it is no quantized network, or has other steps; all are named.
 */
export function writableSteps(where: string, network: QuantizedNetwork): readonly NetworkStep[] {
  if (network?.kind !== 'quantized')
    throw new TypeError(`${where}: network is ${show(network)}, but must be what quantize() or convert() made.`);
  const others = Array.from(everyNetworkStep(network.steps)).flatMap((step) => {
    const held = step.kind === 'float' ? 'activation' : step.kind === 'composite' ? 'residual' : undefined;
    return 'layer' in step && step.layer.kind !== held ? [`layer ${step.name} (${step.layer.kind})`] : [];
  });
  if (others.length > 0) throw new TypeError(`${where}: ${others.join(', ')} can't be written; save what they are with the original.`);
  return network.steps;
}
