import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { defineGradient, unaryGradient } from './define-gradient.ts';

/** `dx = dy` in the shape of `x`. */
export const reshapeGradient: GradConfig = unaryGradient(tf.Reshape, (dy, x) => tf.reshape(dy, x.shape));

/** `dx = dy` in the shape of `x`. */
export const expandDimsGradient: GradConfig = defineGradient<[Tensor]>({
  kernelName: tf.ExpandDims,
  inputsToSave: ['input'],
  gradFunc: (dy, [input]) => ({ input: () => tf.reshape(dy, input.shape) }),
});
