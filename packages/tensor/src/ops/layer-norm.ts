import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkOptions } from './argument-kinds.ts';
import { checkNumber, checkTensor } from './arguments.ts';
import { hasKernel, needGradients } from './kernel.ts';
import { rowNorm } from './row-norm.ts';

export interface NormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
}

/**
 * Layer normalization along the last axis: y = (x - mean) / sqrt(variance + epsilon) · gamma + beta, with the mean and the
 * (biased) variance of the last axis.
 *
 * @param x float32[..., n], n at least 1.
 * @param gamma float32[n].
 * @param beta float32[n].
 * @returns float32 of x's shape, differentiable in x, gamma and beta.
 * @throws {TypeError | RangeError} if an argument has another dtype or shape.
 * @example
 * layerNorm(tf.tensor2d([[1, 3]]), tf.ones([2]), tf.zeros([2])).print(); // [[-1, 1]] but for epsilon
 *
 * J. L. Ba, J. R. Kiros, G. E. Hinton, "Layer Normalization", 2016, arXiv 1607.06450; epsilon as in PyTorch.
 */
export function layerNorm(x: Tensor, gamma: Tensor, beta: Tensor, options: NormOptions = {}): Tensor {
  const { epsilon = 1e-5 } = checkOptions('layerNorm', options);
  checkTensor('layerNorm', 'x', x, { dtype: 'float32', leastRank: 1 });
  const n = x.shape.at(-1) as number;
  checkTensor('layerNorm', 'gamma', gamma, { dtype: 'float32', shape: [n] });
  checkTensor('layerNorm', 'beta', beta, { dtype: 'float32', shape: [n] });
  checkNumber('layerNorm', 'epsilon', epsilon, { least: 0 });
  needGradients();
  if (hasKernel('XLayerNorm')) return rowNorm(x, gamma, beta, epsilon);
  return tf.tidy(() => {
    const centered = tf.sub(x, tf.mean(x, -1, true));
    const variance = tf.mean(tf.square(centered), -1, true);
    return tf.add(tf.mul(tf.mul(centered, tf.rsqrt(tf.add(variance, epsilon))), gamma), beta);
  });
}
