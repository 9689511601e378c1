import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, LeakyReluAttrs, Tensor } from '@tensorflow/tfjs-core';
import { activationGradient } from './activation-gradient.ts';
import { defineGradient, unaryGradient } from './define-gradient.ts';
import { sumToShape } from './sum-to-shape.ts';

/** `dx = dy [y > 0]`; 0 at 0, tfjs's convention. */
export const reluGradient: GradConfig = defineGradient<[Tensor]>({
  kernelName: tf.Relu,
  // The output says as much as the input, and is what the next layer keeps anyway.
  outputsToSave: [true],
  gradFunc: (dy, [y]) => ({ x: () => activationGradient('relu', dy, y, () => tf.mul(dy, tf.step(y))) }),
});

/** `dx = dy [0 < x <= 6]`; the upper bound passes, the lower doesn't, tfjs's convention. */
export const relu6Gradient: GradConfig = unaryGradient(tf.Relu6, (dy, x) => tf.mul(dy, tf.sub(tf.step(x), tf.step(tf.sub(x, 6)))));

/** `dx = dy` where `x > 0`, else `alpha dy`, also at 0. */
export const leakyReluGradient: GradConfig = defineGradient<[Tensor], LeakyReluAttrs>({
  kernelName: tf.LeakyRelu,
  inputsToSave: ['x'],
  gradFunc: (dy, [x], { alpha }) => ({ x: () => tf.mul(dy, tf.step(x, alpha)) }),
});

/** `y = max(x, 0) + alpha min(x, 0)`: `dx = dy` where `x > 0`, else `alpha dy`; `dalpha = dy min(x, 0)`. */
export const preluGradient: GradConfig = defineGradient<[Tensor, Tensor]>({
  kernelName: tf.Prelu,
  inputsToSave: ['x', 'alpha'],
  gradFunc: (dy, [x, alpha]) => ({
    x: () => sumToShape(tf.where(tf.greater(x, 0), dy, tf.mul(dy, alpha)), x.shape),
    alpha: () => sumToShape(tf.mul(dy, tf.minimum(x, 0)), alpha.shape),
  }),
});
