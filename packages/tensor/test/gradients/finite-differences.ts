import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Input } from './row.ts';

/** A derivative by differences and how far it may be from the true one. */
export interface Estimate {
  readonly value: number;
  readonly tolerance: number;
}

const UNIT_ROUNDOFF = 2 ** -24;
/** Kernels may be off by some units in the last place; 32 covers sums of as many rounded terms. */
const KERNEL_ULPS = 32;
const STEP = 2 ** -5;

function evaluate(op: (...x: Tensor[]) => Tensor, inputs: readonly Input[]): Float64Array {
  const y = tf.tidy(() => op(...inputs.map(({ shape, values }) => tf.tensor(values.slice(), shape))));
  const values = Float64Array.from(y.dataSync());
  y.dispose();
  return values;
}

/**
 * Derivatives of `sum(weights * op(inputs))` by every element of input `k`.
 *
 * Central differences at a step `h` and at `h/2`, extrapolated (Richardson), so that their own error is of order `h^4`.
 * Outputs are weighted and summed in float64; inputs plus steps are exact in float32. What remains is the kernels'
 * rounding, divided by the step, and that is the tolerance.
 */
export function differences(op: (...x: Tensor[]) => Tensor, inputs: readonly Input[], weights: Float32Array, k: number): Estimate[] {
  const target = inputs[k];
  if (target === undefined) throw new Error(`no input ${k}`);
  const at = (i: number, step: number): Float64Array => {
    const values = target.values.slice();
    values[i] = (values[i] ?? 0) + step;
    return evaluate(op, inputs.with(k, { shape: target.shape, values }));
  };
  const slope = (i: number, h: number): Estimate => {
    const [above, below] = [at(i, h), at(i, -h)];
    let value = 0;
    let rounding = 0;
    for (const [j, up] of above.entries()) {
      const [down, w] = [below[j] ?? NaN, weights[j] ?? NaN];
      if (up === down) continue;
      value += (w * (up - down)) / (2 * h);
      rounding += (Math.abs(w) * Math.max(Math.abs(up), Math.abs(down), 2 ** -4) * UNIT_ROUNDOFF * KERNEL_ULPS) / h;
    }
    return { value, tolerance: rounding };
  };
  return Array.from(target.values, (_, i) => {
    const [coarse, fine] = [slope(i, STEP), slope(i, STEP / 2)];
    const value = (4 * fine.value - coarse.value) / 3;
    // The extrapolation removes the h^2 term, which is what the two differ by; a twentieth of it bounds the h^4 term of
    // every function in the table (checked by halving the step).
    const truncation = Math.abs(fine.value - coarse.value) / 20;
    const relative = KERNEL_ULPS * UNIT_ROUNDOFF * Math.abs(value);
    return { value, tolerance: fine.tolerance + truncation + relative + UNIT_ROUNDOFF };
  });
}
