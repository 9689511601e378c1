import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkOptions } from './argument-kinds.ts';
import { checkNumber, checkTensor } from './arguments.ts';
import { channelNorm } from './channel-norm.ts';
import { hasKernel, needGradients } from './kernel.ts';
import type { NormOptions } from './layer-norm.ts';

export interface BatchNormResult {
  /** float32 of x's shape. */
  readonly y: Tensor;
  /** The batch's own statistics, float32[channels], for running ones; no gradient flows through them. The variance is the biased one, divided by the count. */
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/**
 * Batch normalization by the batch's own statistics, as in training: y = (x - mean) / sqrt(variance + epsilon) · gamma + beta,
 * with the mean and the (biased) variance of each channel over all other axes. With running statistics, as in inference,
 * that is `tf.batchNorm`.
 *
 * @param x float32[..., channels], channels last, at least one value of each.
 * @param gamma float32[channels].
 * @param beta float32[channels].
 * @returns y, differentiable in x (through the statistics too), gamma and beta; and the statistics.
 * @throws {TypeError | RangeError} if an argument has another dtype or shape.
 * @example
 * const { y, mean, variance } = batchNorm(tf.randomNormal([64, 8, 8, 16]), tf.ones([16]), tf.zeros([16]));
 *
 * S. Ioffe, C. Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift", 2015,
 * arXiv 1502.03167. PyTorch's running variance takes the unbiased one, variance · count / (count - 1).
 */
export function batchNorm(x: Tensor, gamma: Tensor, beta: Tensor, options: NormOptions = {}): BatchNormResult {
  const { epsilon = 1e-5 } = checkOptions('batchNorm', options);
  checkTensor('batchNorm', 'x', x, { dtype: 'float32', leastRank: 2 });
  const channels = x.shape.at(-1) as number;
  checkTensor('batchNorm', 'gamma', gamma, { dtype: 'float32', shape: [channels] });
  checkTensor('batchNorm', 'beta', beta, { dtype: 'float32', shape: [channels] });
  if (x.size === 0) throw new RangeError(`batchNorm: x is float32[${x.shape.join(', ')}], but must hold at least one example.`);
  checkNumber('batchNorm', 'epsilon', epsilon, { least: 0 });
  needGradients();
  if (hasKernel('XChannelNorm')) {
    const [y, mean, variance] = channelNorm(x, gamma, beta, { images: 1, groups: channels, epsilon });
    return { y, mean, variance };
  }
  return tf.tidy(() => {
    const rows = tf.reshape(x, [-1, channels]);
    const mean = tf.mean(rows, 0);
    const centered = tf.sub(rows, mean);
    const variance = tf.mean(tf.square(centered), 0);
    const y = tf.add(tf.mul(tf.mul(centered, tf.rsqrt(tf.add(variance, epsilon))), gamma), beta);
    return { y: tf.reshape(y, x.shape), mean: constant(mean), variance: constant(variance) };
  });
}

/** The same values, through which no gradient flows. */
const constant = tf.customGrad((x) => ({ value: tf.clone(x as Tensor), gradFunc: (dy: Tensor) => tf.zerosLike(dy) })) as (
  x: Tensor,
) => Tensor;
