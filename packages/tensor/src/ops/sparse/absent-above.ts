import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkNumber, checkTensor, describe } from '../arguments.ts';
import { hasFamilyKernel, runKernel } from '../kernel.ts';
import { checkPattern, type CsrPattern } from './csr-pattern.ts';

const KERNEL = 'XSparseAbsentAbove';

/** Sizes and where they are, both in the order of their places. */
export interface Above {
  readonly sizes: Float32Array;
  /** row · columns + column, counted from the first row looked at. */
  readonly places: Int32Array;
}

/**
 * Of some rows of a dense gradient dL/dW, the |values| above a threshold where the sparse W has no non-zero, or none that stays:
 * what growing links asks, a few rows at a time, without keeping the gradient. NaN is above nothing.
 *
 * @param gradient float32[some rows, columns]; it is used up, and its values mean nothing afterwards.
 * @param pattern Where W [rows, columns] has its non-zeros.
 * @param first The first of the rows.
 * @param keep bool[nonZeros], true for the non-zeros that stay.
 * @throws {TypeError | RangeError} if an argument has another dtype or shape, or the rows are not the pattern's.
 * @example
 * const pattern = csrPattern(1, 3, Int32Array.of(0, 1), Int32Array.of(0));
 * absentAbove(tf.tensor2d([[9, -3, 1]]), pattern, 0, tf.tensor1d([true], 'bool'), 2).places; // => Int32Array [1]
 */
export function absentAbove(gradient: Tensor, pattern: CsrPattern, first: number, keep: Tensor, threshold: number): Above {
  const where = 'absentAbove';
  checkPattern(where, pattern);
  const { rows, columns, nonZeros } = pattern;
  checkTensor(where, 'gradient', gradient, { dtype: 'float32', rank: 2 });
  checkTensor(where, 'keep', keep, { dtype: 'bool', shape: [nonZeros] });
  checkNumber(where, 'first', first, { least: 0, whole: true });
  if (typeof threshold !== 'number' || Number.isNaN(threshold))
    throw new RangeError(`${where}: threshold is ${describe(threshold)}, but must be a number.`);
  const count = gradient.shape[0] as number;
  if (gradient.shape[1] !== columns || first + count > rows)
    throw new RangeError(
      `${where}: gradient has the shape [${gradient.shape.join(', ')}] for rows from ${first} on, but the pattern is [${rows}, ${columns}].`,
    );
  if (!hasFamilyKernel('sparse', KERNEL)) return composed(gradient, pattern, first, keep, threshold);
  const { pointers, indices } = pattern.onDevice();
  const found = runKernel<Tensor[]>(KERNEL, { gradient, pointers, indices, keep }, { first, threshold });
  const [sizes, places] = found.map((tensor) => tensor.dataSync().slice()) as [Float32Array, Int32Array];
  tf.dispose(found);
  return { sizes, places };
}

function composed(gradient: Tensor, { columns, pointers, indices }: CsrPattern, first: number, keep: Tensor, threshold: number): Above {
  const values = gradient.dataSync().slice() as Float32Array;
  const stays = keep.dataSync();
  for (let row = 0; row < (gradient.shape[0] as number); row++) {
    for (let q = pointers[first + row] as number; q < (pointers[first + row + 1] as number); q++)
      if (stays[q]) values[row * columns + (indices[q] as number)] = NaN;
  }
  const places: number[] = [];
  for (let i = 0; i < values.length; i++) if (Math.abs(values[i] as number) > threshold) places.push(i);
  return { sizes: Float32Array.from(places, (place) => Math.abs(values[place] as number)), places: Int32Array.from(places) };
}
