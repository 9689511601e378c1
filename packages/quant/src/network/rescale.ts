import type { InputRecord } from './calibrate.ts';
import { equalizingFactors } from '../weights/equalize.ts';
import { smoothingFactors } from '../weights/smooth-quant.ts';
import { mapRows, type LinearStep, type Step } from './steps.ts';

/** Activations with f(s·x) = s·f(x) for s > 0. */
const homogeneous: ReadonlySet<string> = new Set(['linear', 'relu', 'leakyRelu']);

/** Whether what comes out of a step may be divided by factors that the next one multiplies by. */
function takesFactors(step: Step | undefined): step is LinearStep {
  return step?.kind === 'linear' && homogeneous.has(step.activation);
}

/** Steps with the input of one divided by factors, and its weights multiplied by them; the network computes the same. */
export function rescaled(steps: readonly Step[], index: number, factors: ArrayLike<number>): Step[] {
  const next = [...steps];
  const step = next[index] as LinearStep;
  const before = next[index - 1];
  const weight = step.weight.map((value, at) => value * (factors[Math.floor(at / step.units)] as number));
  if (takesFactors(before)) {
    next[index - 1] = {
      ...before,
      weight: before.weight.map((value, at) => value / (factors[at % before.units] as number)),
      bias: before.bias?.map((value, unit) => value / (factors[unit] as number)),
    };
    next[index] = { ...step, weight };
  } else {
    const inputScales = Float64Array.from(factors, (factor, input) => factor * (step.inputScales?.[input] ?? 1));
    next[index] = { ...step, weight, inputScales };
  }
  return next;
}

/** Rounds of equalization; with chains of layers one is not enough. */
const MOST_ROUNDS = 20;

/** Steps whose linear layers in a row have equal ranges channel by channel. */
export function equalized(steps: readonly Step[]): Step[] {
  return mapRows(steps, equalizedRow);
}

function equalizedRow(steps: readonly Step[]): Step[] {
  let current = [...steps];
  for (let round = 0; round < MOST_ROUNDS; round++) {
    let change = 0;
    current.forEach((step, index) => {
      const before = current[index - 1];
      if (step.kind !== 'linear' || step.windows || !takesFactors(before)) return;
      const matrix = ({ weight, inputs, units }: LinearStep): { values: Float32Array; inputs: number; units: number } => ({
        values: weight,
        inputs,
        units,
      });
      const factors = equalizingFactors(matrix(before), matrix(step));
      change = Math.max(change, ...factors.map((factor) => Math.abs(Math.log(factor))));
      current = rescaled(current, index, factors);
    });
    if (change < 1e-3) break;
  }
  return current;
}

/** Steps with the difficulty of their activations moved to their weights; see {@link smoothingFactors}. */
export function smoothed(steps: readonly Step[], records: ReadonlyMap<LinearStep, InputRecord>, alpha: number): Step[] {
  return mapRows(steps, (row) => smoothedRow(row, records, alpha));
}

function smoothedRow(steps: readonly Step[], records: ReadonlyMap<LinearStep, InputRecord>, alpha: number): Step[] {
  let current = [...steps];
  steps.forEach((step, index) => {
    if (step.kind !== 'linear' || step.windows) return;
    const { weight, inputs, units } = current[index] as LinearStep;
    const factors = smoothingFactors((records.get(step) as InputRecord).largest, { values: weight, inputs, units }, { alpha });
    current = rescaled(current, index, factors);
  });
  return current;
}
