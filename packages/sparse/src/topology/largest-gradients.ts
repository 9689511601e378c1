import { abs, concat, gather, matMul, mul, slice, tensor1d, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { absentAbove, type CsrPattern } from '@x/tensor/sparse';
import type { SeenGradient } from '../layers/sparse-linear.ts';
import { kthLargest } from '../pattern/kth-largest.ts';
import { Largest } from '../pattern/largest.ts';

/** Elements of the gradient that exist at once. */
const TILE = 2 ** 18;
/** Rows and columns of the gradient, spread over all, whose crossings tell what is large. */
const SAMPLED = 128;
/** How many times as many candidates as are wanted the sample should let through, from the first attempt on. */
const ATTEMPTS = [2, 16, Infinity] as const;

/**
 * Positions of the `count` largest |dL/dW| among all positions but the non-zeros that stay, in rising order; of equal ones the
 * earlier. Fewer where the others are NaN.
 *
 * The dense gradient dzᵀ·x, summed over what was seen, is made a few rows at a time and never whole: memory for the
 * tile and the candidates. A sample says from which size on they are candidates; where it said too much, more become ones.
 * Gradients of earlier steps count by `decay` to the power of their age.
 */
export function largestGradients(
  seen: readonly SeenGradient[],
  pattern: CsrPattern,
  keep: Uint8Array,
  count: number,
  decay: number,
): Float64Array {
  if (count === 0) return new Float64Array(0);
  const x = concat(
    seen.map((gradient) => gradient.x),
    0,
  );
  const dz = tidy(() => concat(aged(seen, decay), 0));
  const stays = tensor1d(keep, 'bool');
  try {
    for (const threshold of likelyThresholds(x, dz, pattern, count)) {
      const found = above(x, dz, pattern, stays, count, threshold);
      if (found.length === count || threshold < 0) return found;
    }
    throw new Error('internal: the last threshold lets all through');
  } finally {
    for (const tensor of [x, dz, stays]) tensor.dispose();
  }
}

function aged(seen: readonly SeenGradient[], decay: number): Tensor[] {
  return seen.map(({ dz }, index) => (decay === 1 ? dz : mul(dz, decay ** (seen.length - 1 - index))));
}

function above(x: Tensor, dz: Tensor, pattern: CsrPattern, stays: Tensor, count: number, threshold: number): Float64Array {
  const { rows, columns } = pattern;
  const largest = new Largest(count);
  const height = Math.max(1, Math.floor(TILE / columns));
  for (let first = 0; first < rows; first += height) {
    const tile = tidy(() => matMul(slice(dz, [0, first], [-1, Math.min(height, rows - first)]), x, true, false));
    const { sizes, places } = absentAbove(tile, pattern, first, stays, Math.max(threshold, largest.threshold));
    tile.dispose();
    largest.add(sizes, places, first * columns);
  }
  return largest.positions();
}

/** Sizes that about so many of the gradient's elements are above, for each of the attempts; -1 lets all through. */
function* likelyThresholds(x: Tensor, dz: Tensor, { rows, columns }: CsrPattern, count: number): Generator<number> {
  const sample = tidy(() => abs(matMul(spread(dz, rows), spread(x, columns), true, false)));
  // Not read within the tidy, which would look through all of it for tensors.
  const sizes = sample.dataSync() as Float32Array;
  sample.dispose();
  for (const times of ATTEMPTS) {
    const rank = Math.ceil((times * count * sizes.length) / (rows * columns));
    const size = rank < sizes.length ? kthLargest(sizes, rank + 1) : 0;
    yield size > 0 ? size : -1;
  }
}

/** Some features of a batch. */
function spread(batch: Tensor, features: number): Tensor {
  if (features <= SAMPLED) return batch;
  const chosen = Int32Array.from({ length: SAMPLED }, (_, i) => Math.floor(((i + 0.5) * features) / SAMPLED));
  return gather(batch, tensor1d(chosen, 'int32'), 1);
}
