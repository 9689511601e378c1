import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig } from '@tensorflow/tfjs-core';
import { unaryGradientOfOutput } from './define-gradient.ts';
import { runKernel } from './run-kernel.ts';

/** `dx = dy` where `y >= 0`, else `dy (y + 1)`. */
export const eluGradient: GradConfig = unaryGradientOfOutput(tf.Elu, (dy, y) => runKernel(tf.EluGrad, { dy, y }));

// Self-Normalizing Neural Networks (2017), arXiv:1706.02515, appendix A: the fixed point at mean 0, variance 1.
const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

/** `y = scale x` or `scale alpha (exp x - 1)`: `dx = dy (min(y, 0) + scale [y > 0 ? 1 : alpha])`. */
export const seluGradient: GradConfig = unaryGradientOfOutput(tf.Selu, (dy, y) =>
  tf.mul(dy, tf.add(tf.minimum(y, 0), tf.mul(tf.step(y, SELU_ALPHA), SELU_SCALE))),
);
