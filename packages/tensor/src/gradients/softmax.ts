import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, LogSoftmaxAttrs, SoftmaxAttrs, Tensor } from '@tensorflow/tfjs-core';
import { defineGradient } from './define-gradient.ts';

/** `dx = (dy - sum(dy y)) y`, the sum over the softmax axis. */
export const softmaxGradient: GradConfig = defineGradient<[Tensor], SoftmaxAttrs>({
  kernelName: tf.Softmax,
  outputsToSave: [true],
  gradFunc: (dy, [y], { dim }) => ({
    logits: () => tf.mul(tf.sub(dy, tf.sum(tf.mul(dy, y), dim, true)), y),
  }),
});

/** `dx = dy - exp(y) sum(dy)`, the sum over the softmax axis. */
export const logSoftmaxGradient: GradConfig = defineGradient<[Tensor], LogSoftmaxAttrs>({
  kernelName: tf.LogSoftmax,
  outputsToSave: [true],
  gradFunc: (dy, [y], { axis }) => ({
    logits: () => tf.sub(dy, tf.mul(tf.sum(dy, axis, true), tf.exp(y))),
  }),
});
