import type { Quantization, RequantizationRounding } from '@x/tensor/quant';
import type { QuantizedWeight } from '../weights/weight-grid.ts';
import { passesIntegers } from './integer-steps.ts';
import {
  floatLinear,
  keptBias,
  matrixOf,
  ownFloat,
  type NetworkStep,
  type QuantizedStep,
  type ResidualIntegers,
} from './quantized-step.ts';
import { withRoomForBias } from './room-for-bias.ts';
import type { Scheme } from './scheme.ts';
import { quantizedSparse, type QuantizedSparseStep, type SparseStep } from './sparse-step.ts';
import { linearSteps, type CompositeStep, type LinearStep, type PoolStep, type Step } from './steps.ts';

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
  /** How a sparse layer's input is quantized; undefined: it stays in float. */
  inputOfSparse(step: SparseStep): QuantizedSparseStep['input'] | undefined;
  /** How what a mean is taken of would be quantized, if that is known. */
  inputOfPool(step: PoolStep): Required<Quantization> | undefined;
  /** How what a part of a residual connection gives would be quantized, if that is known. */
  outputOfPart(step: CompositeStep, part: string): Required<Quantization> | undefined;
}

type Integers = Required<Quantization> | undefined;

/**
 * Adds to a network the steps that these become; what was added before an error is there to be disposed. Between two that take
 * integers, integers pass: through shapes, pools and residual connections too.
 */
export function assemble(network: NetworkStep[], steps: readonly Step[], { planOf, ...plans }: Plans): void {
  const planned = new Map(linearSteps(steps).map((step) => [step, planOf(step)]));
  addSteps(network, steps, { ...plans, planOf: (step) => planned.get(step) }, undefined);
}

/** Adds steps of whose results integers are taken, or floats. */
function addSteps(network: NetworkStep[], steps: readonly Step[], plans: Plans, end: Integers): void {
  const taken = takenBy(steps, plans, end);
  steps.forEach((step, index) => {
    const next = taken[index + 1];
    switch (step.kind) {
      case 'linear': {
        const plan = plans.planOf(step);
        network.push(plan ? quantizedStep(step, plan, next) : floatLinear(step));
        return;
      }
      case 'sparse': {
        const input = plans.inputOfSparse(step);
        const bias = step.layer.variables.bias;
        network.push(
          input
            ? quantizedSparse(step, keptBias(bias && Float32Array.from(bias.dataSync())), input)
            : { kind: 'float', name: step.name, layer: step.layer, owned: false },
        );
        return;
      }
      case 'pool':
        network.push({ ...step, output: step.of === 'average' ? next : undefined });
        return;
      case 'composite': {
        const parts: Record<string, NetworkStep[]> = {};
        const integers = residualIntegers(step, plans, next);
        network.push({ kind: 'composite', name: step.name, layer: step.layer, parts, integers });
        for (const [name, own] of Object.entries(step.parts))
          addSteps((parts[name] = []), own, plans, integers?.[name as 'inner' | 'shortcut']);
        return;
      }
      case 'float':
        network.push(ownFloat(step));
        return;
      default:
        network.push(step);
    }
  });
}

/** What each step takes its input as, and at last what is taken of the last; undefined: floats. */
function takenBy(steps: readonly Step[], plans: Plans, end: Integers): Integers[] {
  const taken: Integers[] = [...steps.map(() => undefined), end];
  for (let index = steps.length - 1; index >= 0; index--) taken[index] = inputOf(steps[index] as Step, taken[index + 1], plans);
  return taken;
}

/** The integers of a residual connection between steps that take them, if its inner layer takes them too. */
function residualIntegers(step: CompositeStep, plans: Plans, output: Integers): ResidualIntegers | undefined {
  const inner = output && plans.outputOfPart(step, 'inner');
  const within = step.parts['inner'];
  // What passes by must be counted as a whole, not as what a pool or an activation leaves of it.
  if (!output || !inner || (within?.[0]?.kind !== 'linear' && within?.[0]?.kind !== 'composite')) return undefined;
  const [input] = takenBy(within, plans, inner);
  if (!input) return undefined;
  const shortcut = step.parts['shortcut'] && plans.outputOfPart(step, 'shortcut');
  return { input, inner, output, ...(shortcut && { shortcut }) };
}

function quantizedStep(step: LinearStep, plan: LinearPlan, next: Integers): QuantizedStep {
  const canClamp = ['linear', 'relu', 'relu6'].includes(step.activation);
  const weight = typeof plan.input === 'string' ? plan.weight : withRoomForBias(plan.weight, plan.bias, plan.input.scale);
  return {
    ...{ kind: 'quantized', name: step.name, scheme: plan.scheme, weight: matrixOf(weight), bias: keptBias(plan.bias) },
    ...{ activation: step.activation, slope: step.slope, inputScales: step.inputScales, rounding: plan.rounding, windows: step.windows },
    input: plan.input,
    output: canClamp && typeof plan.input !== 'string' ? next : undefined,
  };
}

/** What a step takes its input as, given what the next does. */
function inputOf(step: Step, next: Integers, plans: Plans): Integers {
  switch (step.kind) {
    case 'linear': {
      const plan = plans.planOf(step);
      return plan && !step.inputScales && typeof plan.input !== 'string' ? plan.input : undefined;
    }
    case 'flatten':
    case 'reshape':
      return next;
    case 'pool':
      // The largest of integers is the integer of the largest; a mean is rounded again.
      return step.of === 'max' ? next : next && plans.inputOfPool(step);
    case 'composite':
      return residualIntegers(step, plans, next)?.input;
    case 'sparse':
      return undefined;
    case 'float':
      return passesIntegers(step.layer) ? next : undefined;
  }
}
