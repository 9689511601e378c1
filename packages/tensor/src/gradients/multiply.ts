import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { defineGradient } from './define-gradient.ts';
import { sumToShape } from './sum-to-shape.ts';

/** `y = a b`: `da = dy b`, `db = dy a`, summed over broadcast axes. */
export const multiplyGradient: GradConfig = defineGradient<[Tensor, Tensor]>({
  kernelName: tf.Multiply,
  inputsToSave: ['a', 'b'],
  gradFunc: (dy, [a, b]) => ({
    a: () => sumToShape(tf.mul(dy, b), a.shape),
    b: () => sumToShape(tf.mul(dy, a), b.shape),
  }),
});

/** `y = (a - b)^2`: `da = 2 dy (a - b)`, `db = -da`, summed over broadcast axes (tfjs forgets the sum). */
export const squaredDifferenceGradient: GradConfig = defineGradient<[Tensor, Tensor]>({
  kernelName: tf.SquaredDifference,
  inputsToSave: ['a', 'b'],
  gradFunc: (dy, [a, b]) => ({
    a: () => tf.mul(sumToShape(tf.mul(dy, tf.sub(a, b)), a.shape), 2),
    b: () => tf.mul(sumToShape(tf.mul(dy, tf.sub(b, a)), b.shape), 2),
  }),
});
