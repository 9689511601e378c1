import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkTensor } from '../arguments.ts';
import { needGradients } from '../kernel.ts';
import { checkBsrPattern, type BsrPattern } from './bsr-pattern.ts';

/**
 * A matrix of blocks as a dense one: float32[rows, columns], 0 where the pattern has none; differentiable in the values.
 *
 * @param values float32[nonZeros], block by block.
 * @throws {TypeError | RangeError} if an argument is invalid.
 */
export function bsrToDense(values: Tensor, pattern: BsrPattern): Tensor {
  checkBsrPattern('bsrToDense', pattern);
  const { rows, columns, nonZeros, grid, block } = pattern;
  checkTensor('bsrToDense', 'values', values, { dtype: 'float32', shape: [nonZeros] });
  needGradients();
  return tf.tidy(() => {
    // A sum of nothing, so that there is a gradient here too: of 0.
    if (nonZeros === 0) return tf.add(tf.zeros([rows, columns]), tf.sum(values));
    const [height, width] = block;
    const places = new Int32Array(grid.nonZeros * 2);
    for (let row = 0; row < grid.rows; row++) {
      for (let q = grid.pointers[row] as number; q < (grid.pointers[row + 1] as number); q++)
        places.set([row, grid.indices[q] as number], 2 * q);
    }
    const blocks = tf.scatterND(tf.tensor2d(places, [grid.nonZeros, 2], 'int32'), tf.reshape(values, [-1, height * width]), [
      grid.rows,
      grid.columns,
      height * width,
    ]);
    return tf.reshape(tf.transpose(tf.reshape(blocks, [grid.rows, grid.columns, height, width]), [0, 2, 1, 3]), [rows, columns]);
  });
}
