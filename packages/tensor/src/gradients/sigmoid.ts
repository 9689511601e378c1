import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig } from '@tensorflow/tfjs-core';
import { activationGradient } from './activation-gradient.ts';
import { unaryGradient, unaryGradientOfOutput } from './define-gradient.ts';

/** `dx = dy y (1 - y)`. */
export const sigmoidGradient: GradConfig = unaryGradientOfOutput(tf.Sigmoid, tf.sigmoid, (dy, y) =>
  activationGradient('sigmoid', dy, y, () => tf.mul(tf.mul(dy, y), tf.sub(1, y))),
);

/** `y = log(1 + exp x)`: `dx = dy sigmoid(x)`. */
export const softplusGradient: GradConfig = unaryGradient(tf.Softplus, (dy, x) => tf.mul(dy, tf.sigmoid(x)));
