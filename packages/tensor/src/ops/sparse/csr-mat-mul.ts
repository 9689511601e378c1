import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkTensor } from '../arguments.ts';
import { hasKernel, needGradients, runKernel } from '../kernel.ts';
import { csrLinear } from './csr-linear.ts';
import { checkPattern, type CsrPattern } from './csr-pattern.ts';
import { csrSampledMatMul } from './csr-sampled-mat-mul.ts';
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
    if (!hasKernel('XSparseLinearInputGrad')) return tf.matMul(x, csrToDense(values, pattern));
    const batch = x.shape[0] as number;
    const d = runKernel<Tensor>('XSparseBlocks', { x }, { batch, features: pattern.rows });
    const blocks = runKernel<Tensor>('XSparseLinearInputGrad', { d, values }, { pattern, batch });
    return runKernel<Tensor>('XSparseFromBlocks', { blocks }, { batch, features: pattern.columns });
  });
}
