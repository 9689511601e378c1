import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkOptions } from '../argument-kinds.ts';
import { checkNumber, checkTensor } from '../arguments.ts';
import { hasFamilyKernel, needGradients, runKernel } from '../kernel.ts';
import { csrLinear } from './csr-linear.ts';
import { checkPattern, type CsrPattern } from './csr-pattern.ts';
import { csrToDense } from './csr-to-dense.ts';

/**
 * The product with a sparse matrix S of which only the non-zeros exist: y = x·S. ({@link csrLinear} is x·Sᵀ.)
 *
 * @param x float32[batch, rows].
 * @param values float32[at least nonZeros], the non-zeros' values row by row; more than that are not used and get a gradient of 0.
 * @param pattern Where S [rows, columns] has its non-zeros.
 * @returns float32[batch, columns], differentiable once in x and values.
 * @throws {TypeError | RangeError} if an argument has another dtype or shape.
 * @example
 * const pattern = csrPattern(2, 3, Int32Array.of(0, 2, 3), Int32Array.of(0, 2, 1));
 * csrMatMul(tf.tensor2d([[1, 2]]), tf.tensor1d([1, 10, 5]), pattern).print(); // [[1, 10, 10]]
 */
export function csrMatMul(x: Tensor, values: Tensor, pattern: CsrPattern): Tensor {
  const where = 'csrMatMul';
  checkPattern(where, pattern);
  checkTensor(where, 'x', x, { dtype: 'float32', rank: 2, shape: [null, pattern.rows] });
  checkTensor(where, 'values', values, { dtype: 'float32', rank: 1 });
  if (values.size < pattern.nonZeros)
    throw new RangeError(`${where}: values has ${values.size} elements, but the pattern has ${pattern.nonZeros} non-zeros.`);
  needGradients();
  const product = tf.customGrad((a, v, save) => {
    const [matrix, own] = [a as Tensor, v as Tensor];
    (save as tf.GradSaveFunc)([matrix, own]);
    return {
      value: forward(matrix, own, pattern),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [x, values] = saved as [Tensor, Tensor];
        return [csrLinear(dy, values, pattern), csrSampledMatMul(x, dy, pattern, { size: values.size })];
      },
    };
  });
  return product(x, values);
}

function forward(x: Tensor, values: Tensor, pattern: CsrPattern): Tensor {
  return tf.tidy(() => {
    if (!hasFamilyKernel('sparse', 'XSparseInputGrad')) return tf.matMul(x, csrToDense(values, pattern));
    return runKernel<Tensor>('XSparseInputGrad', { d: x, values }, { pattern });
  });
}

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
export function csrSampledMatMul(a: Tensor, b: Tensor, pattern: CsrPattern, options: CsrSampledMatMulOptions = {}): Tensor {
  const { size = pattern.nonZeros } = checkOptions('csrSampledMatMul', options);
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
      value: sampledForward(of, and, pattern, size),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [a, b] = saved as [Tensor, Tensor];
        return [csrLinear(b, dy, pattern), csrMatMul(a, dy, pattern)];
      },
    };
  });
  return product(a, b);
}

function sampledForward(a: Tensor, b: Tensor, pattern: CsrPattern, size: number): Tensor {
  return tf.tidy(() => {
    if (!hasFamilyKernel('sparse', 'XSparseValuesGrad')) return sampledComposed(a, b, pattern, size);
    return runKernel<Tensor>('XSparseValuesGrad', { d: a, x: b }, { pattern, size });
  });
}

function sampledComposed(a: Tensor, b: Tensor, { rows, columns, pointers, indices }: CsrPattern, size: number): Tensor {
  const positions = new Int32Array(indices.length);
  for (let row = 0; row < rows; row++) {
    for (let q = pointers[row] as number; q < (pointers[row + 1] as number); q++) positions[q] = row * columns + (indices[q] as number);
  }
  const product = tf.reshape(tf.matMul(a, b, true, false), [-1]);
  const sampled = tf.gather(product, tf.tensor1d(positions, 'int32'));
  return tf.pad(sampled, [[0, size - indices.length]]);
}
