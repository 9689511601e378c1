import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig } from '@tensorflow/tfjs-core';
import { activationGradient } from './activation-gradient.ts';
import { unaryGradient, unaryGradientOfOutput } from './define-gradient.ts';

/** `dx = dy cosh x`. */
export const sinhGradient: GradConfig = unaryGradient(tf.Sinh, (dy, x) => tf.mul(dy, tf.cosh(x)));

/** `dx = dy sinh x`. */
export const coshGradient: GradConfig = unaryGradient(tf.Cosh, (dy, x) => tf.mul(dy, tf.sinh(x)));

/** `dx = dy (1 - y^2)`. */
export const tanhGradient: GradConfig = unaryGradientOfOutput(tf.Tanh, tf.tanh, (dy, y) =>
  activationGradient('tanh', dy, y, () => tf.mul(dy, tf.sub(1, tf.square(y)))),
);

/** `dx = dy / sqrt(x^2 + 1)`. */
export const asinhGradient: GradConfig = unaryGradient(tf.Asinh, (dy, x) => tf.div(dy, tf.sqrt(tf.add(tf.square(x), 1))));

/** `dx = dy / sqrt(x^2 - 1)`. */
export const acoshGradient: GradConfig = unaryGradient(tf.Acosh, (dy, x) => tf.div(dy, tf.sqrt(tf.sub(tf.square(x), 1))));

/** `dx = dy / (1 - x^2)`. */
export const atanhGradient: GradConfig = unaryGradient(tf.Atanh, (dy, x) => tf.div(dy, tf.sub(1, tf.square(x))));
