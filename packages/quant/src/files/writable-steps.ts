import type { FloatLinearStep, NetworkStep, QuantizedStep } from '../network/quantized-step.ts';
import type { QuantizedNetwork } from '../network/quantized-network.ts';
import type { FlattenStep } from '../network/steps.ts';
import { show } from '../validation.ts';

/** Steps that files hold. */
export type WritableStep = QuantizedStep | FloatLinearStep | FlattenStep;

/** @throws {TypeError} if it is no quantized network, or has steps that a file doesn't hold; all are named. */
export function writableSteps(where: string, network: QuantizedNetwork): readonly WritableStep[] {
  if (network?.kind !== 'quantized')
    throw new TypeError(`${where}: network is ${show(network)}, but must be what quantize() or convert() made.`);
  const others = network.steps.filter((step) => !isWritable(step));
  if (others.length > 0)
    throw new TypeError(
      `${where}: ${others.map((step) => `layer ${step.name} (${kindOf(step)})`).join(', ')} stayed in float or are no linear layers, and can't be written; save what they are with the original.`,
    );
  return network.steps as readonly WritableStep[];
}

function isWritable(step: NetworkStep): step is WritableStep {
  return step.kind === 'flatten' || ((step.kind === 'quantized' || step.kind === 'floatLinear') && !step.windows);
}

function kindOf(step: NetworkStep): string {
  if (step.kind === 'float' || step.kind === 'composite') return step.layer.kind;
  return step.kind === 'quantized' || step.kind === 'floatLinear' ? 'convolution' : step.kind;
}
