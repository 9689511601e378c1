import { concat, matMul, slice, tensor1d, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { absentAbove, type CsrPattern } from '@x/tensor';
import type { SeenGradient } from '../layers/sparse-linear.ts';
import { kthLargest } from '../pattern/kth-largest.ts';
import { Largest } from '../pattern/largest.ts';

/** Elements of the gradient that exist at once. */
const TILE = 2 ** 18;
/** Elements of the gradient that tell what is large. */
const SAMPLE = 2 ** 13;

/**
 * Positions of the `count` largest |dL/dW| among all positions but the non-zeros that stay, in rising order; of equal ones the
 * earlier. Fewer where the others are NaN.
 *
 * The dense gradient dzᵀ·x, summed over what was seen, is made a few rows at a time and never whole: memory for the
 * tile and the candidates. A sample says from which size on they are candidates; should it have said too much, all are.
 */
export function largestGradients(seen: readonly SeenGradient[], pattern: CsrPattern, keep: Uint8Array, count: number): Float64Array {
  if (count === 0) return new Float64Array(0);
  const x = concat(
    seen.map((gradient) => gradient.x),
    0,
  );
  const dz = concat(
    seen.map((gradient) => gradient.dz),
    0,
  );
  const stays = tensor1d(keep, 'bool');
  try {
    const found = above(x, dz, pattern, stays, count, likelyThreshold(x, dz, pattern, count));
    return found.length === count ? found : above(x, dz, pattern, stays, count, -1);
  } finally {
    for (const tensor of [x, dz, stays]) tensor.dispose();
  }
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

/** A size that about twice as many as `count` of the gradient's elements are above, by some of its rows spread over all; -1 if all may be. */
function likelyThreshold(x: Tensor, dz: Tensor, { rows, columns }: CsrPattern, count: number): number {
  const sampled = Math.min(rows, Math.ceil(SAMPLE / columns));
  const rank = Math.ceil((2 * count * sampled) / rows) + 8;
  if (rank >= sampled * columns) return -1;
  const sample = tidy(() => {
    const step = rows / sampled;
    const chosen = Array.from({ length: sampled }, (_, i) => slice(dz, [0, Math.floor((i + 0.5) * step)], [-1, 1]));
    return matMul(concat(chosen, 1), x, true, false);
  });
  // Not read within the tidy, which would look through all of it for tensors.
  const sizes = (sample.dataSync() as Float32Array).map(Math.abs);
  sample.dispose();
  if (sizes.some(Number.isNaN)) return -1;
  return kthLargest(sizes, rank) || -1;
}
