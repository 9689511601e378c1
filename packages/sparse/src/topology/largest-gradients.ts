import { concat, matMul, slice, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { SeenGradient } from '../layers/sparse-linear.ts';
import { Largest } from '../pattern/largest.ts';
import type { Rows } from '../pattern/rewire.ts';

/** Elements of the gradient that exist at once. */
const TILE = 2 ** 18;

/**
 * Positions of the `count` largest |dL/dW| among all positions but the non-zeros that stay, in rising order.
 *
 * The dense gradient dzᵀ·x, summed over what was seen, is made a few rows at a time and never whole: memory for the
 * tile and the candidates.
 */
export function largestGradients(
  seen: readonly SeenGradient[],
  { rows, columns, pointers, indices }: Rows,
  keep: Uint8Array,
  count: number,
): Float64Array {
  const largest = new Largest(count);
  const height = Math.max(1, Math.floor(TILE / columns));
  const joined = tidy(() => ({ x: join(seen.map(({ x }) => x)), dz: join(seen.map(({ dz }) => dz)) }));
  for (let first = 0; first < rows; first += height) {
    const past = Math.min(rows, first + height);
    const product = tidy(() => matMul(slice(joined.dz, [0, first], [-1, past - first]), joined.x, true, false));
    // Not read within the tidy, which would look through all of it for tensors.
    const tile = product.dataSync() as Float32Array;
    product.dispose();
    for (let row = first; row < past; row++) {
      for (let q = pointers[row]!; q < pointers[row + 1]!; q++) if (keep[q] === 1) tile[(row - first) * columns + indices[q]!] = NaN;
    }
    largest.add(tile, first * columns);
  }
  joined.x.dispose();
  joined.dz.dispose();
  return largest.positions();
}

function join(tensors: Tensor[]): Tensor {
  return concat(tensors, 0);
}
