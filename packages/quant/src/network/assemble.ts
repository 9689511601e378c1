import type { Quantization, RequantizationRounding } from '@x/tensor/quant';
import type { QuantizedWeight } from '../weights/weight-grid.ts';
import { floatLinear, keptBias, matrixOf, type NetworkStep, type QuantizedStep } from './quantized-step.ts';
import type { Scheme } from './scheme.ts';
import type { LinearStep, Step } from './steps.ts';

/** What a linear step becomes. */
export interface LinearPlan {
  readonly scheme: Scheme;
  readonly weight: QuantizedWeight;
  readonly bias: Float32Array | undefined;
  readonly input: QuantizedStep['input'];
  readonly rounding: RequantizationRounding;
}

/**
 * Adds to a network the steps that these become; what was added before an error is there to be disposed. A linear step without a
 * plan stays in float. Between two that take integers, integers pass.
 */
export function assemble(network: NetworkStep[], steps: readonly Step[], planOf: (step: LinearStep) => LinearPlan | undefined): void {
  const plans = new Map(steps.flatMap((step) => (step.kind === 'linear' ? [[step, planOf(step)] as const] : [])));
  for (const [index, step] of steps.entries()) {
    if (step.kind !== 'linear') {
      network.push(step);
      continue;
    }
    const plan = plans.get(step);
    if (!plan) {
      network.push(floatLinear(step));
      continue;
    }
    network.push({
      ...{ kind: 'quantized', name: step.name, scheme: plan.scheme, weight: matrixOf(plan.weight), bias: keptBias(plan.bias) },
      ...{ activation: step.activation, slope: step.slope, inputScales: step.inputScales, rounding: plan.rounding },
      input: plan.input,
      output: outputOf(step, plan, steps.slice(index + 1), plans),
    });
  }
}

/** What an integer layer gives out, where the next step that computes takes integers. */
function outputOf(
  { activation }: LinearStep,
  { input }: LinearPlan,
  after: readonly Step[],
  plans: ReadonlyMap<LinearStep, LinearPlan | undefined>,
): Required<Quantization> | undefined {
  if (typeof input === 'string' || !['linear', 'relu', 'relu6'].includes(activation)) return undefined;
  const next = after.find(({ kind }) => kind !== 'flatten');
  if (next?.kind !== 'linear' || next.inputScales) return undefined;
  const taken = plans.get(next)?.input;
  return taken === undefined || typeof taken === 'string' ? undefined : taken;
}
