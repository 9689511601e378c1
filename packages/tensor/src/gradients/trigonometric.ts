import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { asFloat } from './as-float.ts';
import { defineGradient, unaryGradient, unaryGradientOfOutput } from './define-gradient.ts';
import { sumToShape } from './sum-to-shape.ts';

/** `dx = dy cos x`. */
export const sinGradient: GradConfig = unaryGradient(tf.Sin, (dy, x) => tf.mul(dy, tf.cos(x)));

/** `dx = -dy sin x`. */
export const cosGradient: GradConfig = unaryGradient(tf.Cos, (dy, x) => tf.mul(dy, tf.neg(tf.sin(x))));

/** `dx = dy (1 + y^2)`: two cheap passes instead of another transcendental one. */
export const tanGradient: GradConfig = unaryGradientOfOutput(tf.Tan, tf.tan, (dy, y) => tf.mul(dy, tf.add(tf.square(y), 1)));

/** `dx = dy / sqrt(1 - x^2)`. */
export const asinGradient: GradConfig = unaryGradient(tf.Asin, (dy, x) => tf.div(dy, tf.sqrt(tf.sub(1, tf.square(x)))));

/** `dx = -dy / sqrt(1 - x^2)`. */
export const acosGradient: GradConfig = unaryGradient(tf.Acos, (dy, x) => tf.div(tf.neg(dy), tf.sqrt(tf.sub(1, tf.square(x)))));

/** `dx = dy / (1 + x^2)`. */
export const atanGradient: GradConfig = unaryGradient(tf.Atan, (dy, x) => tf.div(dy, tf.add(tf.square(x), 1)));

/** `y = atan2(a, b)`: `da = dy b / (a^2 + b^2)`, `db = -dy a / (a^2 + b^2)`. */
export const atan2Gradient: GradConfig = defineGradient<[Tensor, Tensor]>({
  kernelName: tf.Atan2,
  inputsToSave: ['a', 'b'],
  gradFunc: (dy, [a, b]) => {
    const overSquares = (t: Tensor): Tensor => {
      const [fa, fb] = [asFloat(a), asFloat(b)];
      return tf.mul(dy, tf.div(t, tf.add(tf.square(fa), tf.square(fb))));
    };
    return {
      a: () => sumToShape(overSquares(asFloat(b)), a.shape),
      b: () => tf.neg(sumToShape(overSquares(asFloat(a)), b.shape)),
    };
  },
});
