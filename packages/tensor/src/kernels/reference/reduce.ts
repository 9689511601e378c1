import type { Reduction } from '../reduce.ts';

const steps: Record<string, { readonly first: number; readonly combine: (a: number, b: number) => number }> = {
  sum: { first: 0, combine: (a, b) => a + b },
  product: { first: 1, combine: (a, b) => a * b },
  max: { first: -Infinity, combine: Math.max },
  min: { first: Infinity, combine: Math.min },
};

/** The reduction of x over some axes, element by element in double precision; i32 sums wrap. Kept axes keep their order. */
export function referenceReduce(
  reduction: Reduction,
  x: ArrayLike<number>,
  shape: readonly number[],
  reduced: (axis: number) => boolean,
  divisor = 1,
): Float64Array {
  const kept = shape.filter((_, axis) => !reduced(axis));
  const { first, combine } = steps[reduction.slice(4)] as (typeof steps)[string];
  const result = new Float64Array(kept.reduce((product, size) => product * size, 1)).fill(first);
  for (let index = 0; index < x.length; index++) {
    let rest = index;
    let at = 0;
    let step = 1;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const size = shape[axis] as number;
      if (!reduced(axis)) {
        at += (rest % size) * step;
        step *= size;
      }
      rest = Math.floor(rest / size);
    }
    result[at] = combine(result[at] as number, x[index] as number);
  }
  return result.map((value) => (reduction === 'i32_sum' ? value | 0 : value / divisor));
}

/** The first index of the largest (smallest) value over the middle axis of [outer, r, n]; NaN is neither. */
export function referenceArgExtremum(largest: boolean, x: ArrayLike<number>, outer: number, r: number, n: number): Int32Array {
  const result = new Int32Array(outer * n);
  for (let i = 0; i < outer; i++) {
    for (let j = 0; j < n; j++) {
      let best = x[i * r * n + j] as number;
      for (let k = 1; k < r; k++) {
        const value = x[(i * r + k) * n + j] as number;
        if (largest ? value > best : value < best) {
          best = value;
          result[i * n + j] = k;
        }
      }
    }
  }
  return result;
}
