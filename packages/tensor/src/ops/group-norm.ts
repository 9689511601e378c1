import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkOptions } from './argument-kinds.ts';
import { checkNumber, checkTensor } from './arguments.ts';
import { channelNorm } from './channel-norm.ts';
import { hasKernel, needGradients } from './kernel.ts';
import type { NormOptions } from './layer-norm.ts';

export interface GroupNormOptions extends NormOptions {
  /** Groups of neighboring channels, a divisor of their number: 1 normalizes whole examples, `channels` each channel (instance normalization). Default 32. */
  readonly groups?: number;
}

/**
 * Group normalization: y = (x - mean) / sqrt(variance + epsilon) · gamma + beta, with the mean and the (biased) variance of
 * each example's group of channels over all positions.
 *
 * @param x float32[batch, ..., channels], channels last.
 * @param gamma float32[channels].
 * @param beta float32[channels].
 * @returns float32 of x's shape, differentiable in x, gamma and beta.
 * @throws {TypeError | RangeError} if an argument has another dtype or shape, or the groups don't divide the channels.
 * @example
 * const y = groupNorm(tf.ones([2, 8, 8, 64]), tf.ones([64]), tf.zeros([64]), { groups: 8 });
 *
 * Y. Wu, K. He, "Group Normalization", 2018, arXiv 1803.08494.
 */
export function groupNorm(x: Tensor, gamma: Tensor, beta: Tensor, options: GroupNormOptions = {}): Tensor {
  const { groups = 32, epsilon = 1e-5 } = checkOptions('groupNorm', options);
  checkTensor('groupNorm', 'x', x, { dtype: 'float32', leastRank: 2 });
  const channels = x.shape.at(-1) as number;
  checkTensor('groupNorm', 'gamma', gamma, { dtype: 'float32', shape: [channels] });
  checkTensor('groupNorm', 'beta', beta, { dtype: 'float32', shape: [channels] });
  checkNumber('groupNorm', 'groups', groups, { least: 1, whole: true });
  if (channels % groups !== 0)
    throw new RangeError(`groupNorm: groups is ${groups}, but must divide the ${channels} channels of x, its last axis.`);
  checkNumber('groupNorm', 'epsilon', epsilon, { least: 0 });
  needGradients();
  const batch = x.shape[0] as number;
  if (hasKernel('XChannelNorm') && x.size > 0) {
    const [y, ...statistics] = channelNorm(x, gamma, beta, { images: batch, groups, epsilon });
    tf.dispose(statistics);
    return y;
  }
  return tf.tidy(() => {
    const grouped = tf.reshape(x, [batch, x.size / Math.max(1, batch * channels), groups, channels / groups]);
    const centered = tf.sub(grouped, tf.mean(grouped, [1, 3], true));
    const variance = tf.mean(tf.square(centered), [1, 3], true);
    const normal = tf.reshape(tf.mul(centered, tf.rsqrt(tf.add(variance, epsilon))), x.shape);
    return tf.add(tf.mul(normal, gamma), beta);
  });
}
