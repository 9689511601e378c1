import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, LogSoftmaxAttrs, SoftmaxAttrs, Tensor } from '@tensorflow/tfjs-core';
import { defineGradient } from './define-gradient.ts';
import { savedOutput } from './saved-output.ts';

/** `dx = (dy - sum(dy y)) y`, the sum over the softmax axis. */
export const softmaxGradient: GradConfig = defineGradient<[Tensor, Tensor], SoftmaxAttrs>({
  kernelName: tf.Softmax,
  inputsToSave: ['logits'],
  outputsToSave: [true],
  gradFunc: (dy, [logits, saved], { dim }) => ({
    logits: () => {
      const y = savedOutput(saved, () => tf.softmax(logits, dim));
      return tf.mul(tf.sub(dy, tf.sum(tf.mul(dy, y), dim, true)), y);
    },
  }),
});

/** `dx = dy - exp(y) sum(dy)`, the sum over the softmax axis. */
export const logSoftmaxGradient: GradConfig = defineGradient<[Tensor, Tensor], LogSoftmaxAttrs>({
  kernelName: tf.LogSoftmax,
  inputsToSave: ['logits'],
  outputsToSave: [true],
  gradFunc: (dy, [logits, saved], { axis }) => ({
    logits: () => {
      const y = savedOutput(saved, () => tf.logSoftmax(logits, axis));
      return tf.sub(dy, tf.mul(tf.sum(dy, axis, true), tf.exp(y)));
    },
  }),
});
