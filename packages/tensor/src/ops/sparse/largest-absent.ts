import { matMul, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { referenceKeepLargest } from '../../kernels/reference/sparse/keep-largest.ts';
import { checkNumber, checkTensor, describe } from '../arguments.ts';
import { hasFamilyKernel, runKernel } from '../kernel.ts';
import { checkPattern, type CsrPattern } from './csr-pattern.ts';

const KERNEL = 'XSparseLargestAbsent';

/**
 * Where the gradient dL/dW = dzᵀ·x of a linear map's weight is largest in size among the positions that a sparse W has no non-zero
 * at, or none that stays: what growing links asks. The gradient is made a tile at a time and never whole: memory for a
 * tile and the positions.
 *
 * @param dz float32[batch, rows], the gradient of the map's output.
 * @param x float32[batch, columns], the map's input.
 * @param pattern Where W [rows, columns] has its non-zeros.
 * @param keep 1 for each non-zero that stays.
 * @param count How many positions are wanted.
 * @returns row · columns + column of each, rising; of equal ones the earlier. Fewer where the others are NaN or there are no more.
 * @throws {TypeError | RangeError} if an argument has another dtype or shape.
 * @example
 * const pattern = csrPattern(1, 3, Int32Array.of(0, 1), Int32Array.of(0));
 * largestAbsent(tf.tensor2d([[1]]), tf.tensor2d([[9, -3, 1]]), pattern, Uint8Array.of(1), 1); // => Float64Array [1]
 */
export function largestAbsent(dz: Tensor, x: Tensor, pattern: CsrPattern, keep: Uint8Array, count: number): Float64Array {
  const where = 'largestAbsent';
  checkPattern(where, pattern);
  checkTensor(where, 'dz', dz, { dtype: 'float32', rank: 2, shape: [null, pattern.rows] });
  checkTensor(where, 'x', x, { dtype: 'float32', rank: 2, shape: [dz.shape[0] as number, pattern.columns] });
  checkKeep(where, keep, pattern);
  checkNumber(where, 'count', count, { least: 0, whole: true });
  if (count === 0 || dz.size === 0 || x.size === 0) return new Float64Array(0);
  if (!hasFamilyKernel('sparse', KERNEL)) return composed(dz, x, pattern, keep, count);
  const { pointers, indices } = pattern.onDevice();
  const most = Math.min(count, pattern.rows * pattern.columns);
  const found = runKernel<Tensor>(KERNEL, { dz, x, pointers, indices }, { keep, count: most });
  const words = found.dataSync() as Int32Array;
  found.dispose();
  return new Float64Array(words.buffer, words.byteOffset + 8, words[0]);
}

/** @throws {TypeError | RangeError} unless there is a flag for each non-zero. */
export function checkKeep(where: string, keep: unknown, { nonZeros }: CsrPattern): asserts keep is Uint8Array {
  if (!(keep instanceof Uint8Array))
    throw new TypeError(`${where}: keep is ${describe(keep)}, but must be a Uint8Array, a flag a non-zero.`);
  if (keep.length !== nonZeros)
    throw new RangeError(`${where}: keep has ${keep.length} flags, but the pattern has ${nonZeros} non-zeros; give one for each.`);
}

/** Other backends hold dense weights anyway. */
function composed(dz: Tensor, x: Tensor, { rows, columns, pointers, indices }: CsrPattern, keep: Uint8Array, count: number): Float64Array {
  const gradient = tidy(() => matMul(dz, x, true, false).dataSync() as Float32Array);
  const free: number[] = [];
  const sizes: number[] = [];
  for (let row = 0; row < rows; row++) {
    let q = pointers[row] as number;
    const end = pointers[row + 1] as number;
    for (let column = 0; column < columns; column++) {
      const present = q < end && indices[q] === column;
      const stays = present && keep[q] !== 0;
      if (present) q++;
      const size = Math.abs(gradient[row * columns + column] as number);
      if (stays || Number.isNaN(size)) continue;
      free.push(row * columns + column);
      sizes.push(size);
    }
  }
  const flags = referenceKeepLargest(Float32Array.from(sizes), count, 'magnitude');
  return Float64Array.from(free.filter((_, i) => flags[i] === 1));
}
