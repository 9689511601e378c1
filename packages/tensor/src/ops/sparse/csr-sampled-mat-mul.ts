import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkNumber, checkTensor } from '../arguments.ts';
import { hasKernel, needGradients, runKernel } from '../kernel.ts';
import { csrLinear } from './csr-linear.ts';
import { csrMatMul } from './csr-mat-mul.ts';
import { checkPattern, type CsrPattern } from './csr-pattern.ts';

export interface CsrSampledMatMulOptions {
  /** Elements of the result, those beyond the non-zeros 0. Default: as many as there are non-zeros. */
  readonly size?: number;
}

/**
 * The product aᵀ·b at the non-zeros of a pattern alone, row by row: what a linear map's gradient is to a sparse weight.
 *
 * @param a float32[batch, rows].
 * @param b float32[batch, columns].
 * @returns float32[size], differentiable once in a and b.
 * @throws {TypeError | RangeError} if an argument has another dtype or shape.
 * @example
 * const pattern = csrPattern(2, 3, Int32Array.of(0, 2, 3), Int32Array.of(0, 2, 1));
 * csrSampledMatMul(tf.tensor2d([[1, 2]]), tf.tensor2d([[3, 4, 5]]), pattern).print(); // [3, 5, 8]
 */
export function csrSampledMatMul(
  a: Tensor,
  b: Tensor,
  pattern: CsrPattern,
  { size = pattern.nonZeros }: CsrSampledMatMulOptions = {},
): Tensor {
  const where = 'csrSampledMatMul';
  checkPattern(where, pattern);
  checkTensor(where, 'a', a, { dtype: 'float32', rank: 2, shape: [null, pattern.rows] });
  checkTensor(where, 'b', b, { dtype: 'float32', rank: 2, shape: [a.shape[0] as number, pattern.columns] });
  checkNumber(where, 'size', size, { least: pattern.nonZeros, whole: true });
  needGradients();
  const product = tf.customGrad((left, right, save) => {
    const [of, and] = [left as Tensor, right as Tensor];
    (save as tf.GradSaveFunc)([of, and]);
    return {
      value: forward(of, and, pattern, size),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [a, b] = saved as [Tensor, Tensor];
        return [csrLinear(b, dy, pattern), csrMatMul(a, dy, pattern)];
      },
    };
  });
  return product(a, b);
}

function forward(a: Tensor, b: Tensor, pattern: CsrPattern, size: number): Tensor {
  return tf.tidy(() => {
    if (!hasKernel('XSparseLinearValuesGrad')) return composed(a, b, pattern, size);
    const batch = a.shape[0] as number;
    const d = runKernel<Tensor>('XSparseBlocks', { x: a }, { batch, features: pattern.rows });
    const blocks = runKernel<Tensor>('XSparseBlocks', { x: b }, { batch, features: pattern.columns });
    return runKernel<Tensor>('XSparseLinearValuesGrad', { d, blocks }, { pattern, batch, size });
  });
}

function composed(a: Tensor, b: Tensor, { rows, columns, pointers, indices }: CsrPattern, size: number): Tensor {
  const positions = new Int32Array(indices.length);
  for (let row = 0; row < rows; row++) {
    for (let q = pointers[row] as number; q < (pointers[row + 1] as number); q++) positions[q] = row * columns + (indices[q] as number);
  }
  const product = tf.reshape(tf.matMul(a, b, true, false), [-1]);
  const sampled = tf.gather(product, tf.tensor1d(positions, 'int32'));
  return tf.pad(sampled, [[0, size - indices.length]]);
}
