import type { Quantization, RequantizationRounding } from '@x/tensor/quant';
import type { QuantizedWeight } from '../weights/weight-grid.ts';
import { floatLinear, keptBias, matrixOf, type NetworkStep, type QuantizedStep } from './quantized-step.ts';
import type { Scheme } from './scheme.ts';
import type { LinearStep, PoolStep, Step } from './steps.ts';

/** What a linear step becomes. */
export interface LinearPlan {
  readonly scheme: Scheme;
  readonly weight: QuantizedWeight;
  readonly bias: Float32Array | undefined;
  readonly input: QuantizedStep['input'];
  readonly rounding: RequantizationRounding;
}

export interface Plans {
  /** Undefined: the step stays in float. */
  planOf(step: LinearStep): LinearPlan | undefined;
  /** How what a mean is taken of would be quantized, if that is known. */
  inputOfPool(step: PoolStep): Required<Quantization> | undefined;
}

type Integers = Required<Quantization> | undefined;

/**
 * Adds to a network the steps that these become; what was added before an error is there to be disposed. Between two that take
 * integers, integers pass: through shapes and pools too.
 */
export function assemble(network: NetworkStep[], steps: readonly Step[], plans: Plans): void {
  const planned = steps.map((step) => (step.kind === 'linear' ? plans.planOf(step) : undefined));
  // From the end, what each step takes its input as; undefined: as floats.
  const taken: Integers[] = Array.from({ length: steps.length + 1 }, () => undefined);
  for (let index = steps.length - 1; index >= 0; index--)
    taken[index] = inputOf(steps[index] as Step, planned[index], taken[index + 1], plans);
  steps.forEach((step, index) => {
    const plan = planned[index];
    const next = taken[index + 1];
    switch (step.kind) {
      case 'linear':
        network.push(plan ? quantizedStep(step, plan, next) : floatLinear(step));
        return;
      case 'pool':
        network.push({ ...step, output: step.of === 'average' ? next : undefined });
        return;
      case 'composite': {
        const parts: Record<string, NetworkStep[]> = {};
        network.push({ kind: 'composite', name: step.name, layer: step.layer, parts });
        for (const [name, own] of Object.entries(step.parts)) assemble((parts[name] = []), own, plans);
        return;
      }
      default:
        network.push(step);
    }
  });
}

function quantizedStep(step: LinearStep, plan: LinearPlan, next: Integers): QuantizedStep {
  const canClamp = ['linear', 'relu', 'relu6'].includes(step.activation);
  return {
    ...{ kind: 'quantized', name: step.name, scheme: plan.scheme, weight: matrixOf(plan.weight), bias: keptBias(plan.bias) },
    ...{ activation: step.activation, slope: step.slope, inputScales: step.inputScales, rounding: plan.rounding, windows: step.windows },
    input: plan.input,
    output: canClamp && typeof plan.input !== 'string' ? next : undefined,
  };
}

/** What a step takes its input as, given what the next does. */
function inputOf(step: Step, plan: LinearPlan | undefined, next: Integers, plans: Plans): Integers {
  switch (step.kind) {
    case 'linear':
      return plan && !step.inputScales && typeof plan.input !== 'string' ? plan.input : undefined;
    case 'flatten':
    case 'reshape':
      return next;
    case 'pool':
      // The largest of integers is the integer of the largest; a mean is rounded again.
      return step.of === 'max' ? next : next && plans.inputOfPool(step);
    default:
      return undefined;
  }
}
