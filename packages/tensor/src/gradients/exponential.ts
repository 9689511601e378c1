import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig } from '@tensorflow/tfjs-core';
import { unaryGradient, unaryGradientOfOutput } from './define-gradient.ts';

/** `dx = dy y`. */
export const expGradient: GradConfig = unaryGradientOfOutput(tf.Exp, tf.exp, (dy, y) => tf.mul(dy, y));

/** `dx = dy exp x`; not `dy (y + 1)`, which loses every digit for very negative `x`. */
export const expm1Gradient: GradConfig = unaryGradient(tf.Expm1, (dy, x) => tf.mul(dy, tf.exp(x)));

/** `dx = dy / x`. */
export const logGradient: GradConfig = unaryGradient(tf.Log, (dy, x) => tf.div(dy, x));

/** `dx = dy / (1 + x)`. */
export const log1pGradient: GradConfig = unaryGradient(tf.Log1p, (dy, x) => tf.div(dy, tf.add(x, 1)));

/** `dx = dy 2/sqrt(pi) exp(-x^2)`. */
export const erfGradient: GradConfig = unaryGradient(tf.Erf, (dy, x) =>
  tf.mul(tf.mul(dy, 2 / Math.sqrt(Math.PI)), tf.exp(tf.neg(tf.square(x)))),
);
