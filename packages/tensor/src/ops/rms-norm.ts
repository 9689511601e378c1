import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkOptions } from './argument-kinds.ts';
import { checkNumber, checkTensor } from './arguments.ts';
import { hasKernel, needGradients } from './kernel.ts';
import type { NormOptions } from './layer-norm.ts';
import { rowNorm } from './row-norm.ts';

/**
 * Root mean square normalization along the last axis: y = x / sqrt(mean of x² + epsilon) · gamma.
 *
 * @param x float32[..., n], n at least 1.
 * @param gamma float32[n].
 * @returns float32 of x's shape, differentiable in x and gamma.
 * @throws {TypeError | RangeError} if an argument has another dtype or shape.
 * @example
 * rmsNorm(tf.tensor2d([[3, 3]]), tf.ones([2])).print(); // [[1, 1]] but for epsilon
 *
 * B. Zhang, R. Sennrich, "Root Mean Square Layer Normalization", 2019, arXiv 1910.07467; with epsilon inside the root, as in Llama.
 */
export function rmsNorm(x: Tensor, gamma: Tensor, options: NormOptions = {}): Tensor {
  const { epsilon = 1e-5 } = checkOptions('rmsNorm', options);
  checkTensor('rmsNorm', 'x', x, { dtype: 'float32', leastRank: 1 });
  checkTensor('rmsNorm', 'gamma', gamma, { dtype: 'float32', shape: [x.shape.at(-1) as number] });
  checkNumber('rmsNorm', 'epsilon', epsilon, { least: 0 });
  needGradients();
  if (hasKernel('XLayerNorm')) return rowNorm(x, gamma, undefined, epsilon);
  return tf.tidy(() => tf.mul(tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), epsilon))), gamma));
}
