import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkTensor } from '../arguments.ts';
import { needGradients } from '../kernel.ts';
import { checkPattern, type CsrPattern } from './csr-pattern.ts';

/**
 * A sparse matrix as a dense one: float32[rows, columns], 0 where the pattern has none; differentiable in the values.
 *
 * @param values float32[at least nonZeros].
 * @throws {TypeError | RangeError} if an argument is invalid.
 */
export function csrToDense(values: Tensor, pattern: CsrPattern): Tensor {
  checkPattern('csrToDense', pattern);
  checkTensor('csrToDense', 'values', values, { dtype: 'float32', rank: 1 });
  const { rows, columns, nonZeros } = pattern;
  if (values.size < nonZeros)
    throw new RangeError(`csrToDense: values has ${values.size} elements, but the pattern has ${nonZeros} non-zeros.`);
  needGradients();
  return tf.tidy(() => {
    const used = values.size === nonZeros ? values : tf.slice(values, 0, nonZeros);
    // A sum of nothing, so that there is a gradient here too: of 0.
    if (nonZeros === 0) return tf.add(tf.zeros([rows, columns]), tf.sum(used));
    return tf.scatterND(tf.tensor2d(places(pattern), [nonZeros, 2], 'int32'), used, [rows, columns]);
  });
}

/** Row and column of each non-zero. */
function places({ rows, pointers, indices }: CsrPattern): Int32Array {
  const pairs = new Int32Array(indices.length * 2);
  for (let row = 0; row < rows; row++) {
    for (let q = pointers[row] as number; q < (pointers[row + 1] as number); q++) {
      pairs[2 * q] = row;
      pairs[2 * q + 1] = indices[q] as number;
    }
  }
  return pairs;
}
