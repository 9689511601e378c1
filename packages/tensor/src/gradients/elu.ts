import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { defineGradient, unaryGradientOfOutput } from './define-gradient.ts';
import { runKernel } from './run-kernel.ts';

/** `dx = dy` where `y >= 0`, else `dy (y + 1)`. */
export const eluGradient: GradConfig = unaryGradientOfOutput(tf.Elu, tf.elu, (dy, y) => runKernel(tf.EluGrad, { dy, y }));

/** The gradient's kernel as an operation of its own, for gradients of gradients; tfjs has none. */
export const eluGradGradient: GradConfig = defineGradient<[Tensor, Tensor]>({
  kernelName: tf.EluGrad,
  inputsToSave: ['dy', 'y'],
  gradFunc: (ddx, [dy, y]) => ({
    dy: () => runKernel(tf.EluGrad, { dy: ddx, y }),
    y: () => tf.mul(tf.mul(ddx, dy), tf.less(y, 0)),
  }),
});

// Self-Normalizing Neural Networks (2017), arXiv:1706.02515, appendix A: the fixed point at mean 0, variance 1.
const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

/** `y = scale x` or `scale alpha (exp x - 1)`: `dx = dy (min(y, 0) + scale [y > 0 ? 1 : alpha])`. */
export const seluGradient: GradConfig = unaryGradientOfOutput(tf.Selu, tf.selu, (dy, y) =>
  tf.mul(dy, tf.add(tf.minimum(y, 0), tf.mul(tf.step(y, SELU_ALPHA), SELU_SCALE))),
);
