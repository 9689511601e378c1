import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, MeanAttrs, SumAttrs, Tensor } from '@tensorflow/tfjs-core';
import { asShape } from './as-shape.ts';
import { defineGradient } from './define-gradient.ts';
import { keptShape } from './kept-shape.ts';
import { passToShape } from './sum-to-shape.ts';
import { repeatToShape } from './repeat-to-shape.ts';

/** Spreads the gradient of a reduction over what was reduced, never handing out `dy` itself. */
function spread(dy: Tensor, x: Tensor, axes: readonly number[]): Tensor {
  const dx = repeatToShape(asShape(dy, keptShape(x.shape, axes)), x.shape);
  return dx === dy ? passToShape(dy, x.shape) : dx;
}

/** `dx = dy`, repeated along the summed axes. */
export const sumGradient: GradConfig = defineGradient<[Tensor], SumAttrs>({
  kernelName: tf.Sum,
  inputsToSave: ['x'],
  gradFunc: (dy, [x], { axis }) => ({ x: () => spread(dy, x, tf.util.parseAxisParam(axis, x.shape)) }),
});

/** `dx = dy / n`, repeated along the averaged axes of `n` elements together. */
export const meanGradient: GradConfig = defineGradient<[Tensor], MeanAttrs>({
  kernelName: tf.Mean,
  inputsToSave: ['x'],
  gradFunc: (dy, [x], { axis }) => ({
    x: () => {
      const axes = tf.util.parseAxisParam(axis, x.shape);
      // Divided before the repetition, while it is small.
      return spread(tf.div(dy, x.size / Math.max(dy.size, 1)), x, axes);
    },
  }),
});
