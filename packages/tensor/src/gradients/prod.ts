import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, ProdAttrs, Tensor } from '@tensorflow/tfjs-core';
import { asFloat } from './as-float.ts';
import { asShape } from './as-shape.ts';
import { defineGradient } from './define-gradient.ts';
import { inversePermutation } from './transpose.ts';

/**
 * `dx_i = dy prod_{j != i} x_j`, as the product of what stands before `i` and of what stands after it.
 *
 * Right also where elements are 0, which `dy y / x` isn't.
 */
export const prodGradient: GradConfig = defineGradient<[Tensor], ProdAttrs>({
  kernelName: tf.Prod,
  inputsToSave: ['x'],
  gradFunc: (dy, [x], { axis }) => ({
    x: () => {
      const reduced = tf.util.parseAxisParam(axis ?? x.shape.map((_, i) => i), x.shape);
      const kept = x.shape.flatMap((_, i) => (reduced.includes(i) ? [] : [i]));
      const order = [...kept, ...x.shape.flatMap((_, i) => (reduced.includes(i) ? [i] : []))];
      const inOrder = order.every((a, i) => a === i);
      const ordered = inOrder ? asFloat(x) : tf.transpose(asFloat(x), order);
      const rows = kept.reduce((n, a) => n * (x.shape[a] ?? 1), 1);
      const matrix = tf.reshape(ordered, [rows, rows === 0 ? 0 : x.size / rows]);
      const others = tf.mul(tf.cumprod(matrix, 1, true, false), tf.cumprod(matrix, 1, true, true));
      const dx = tf.reshape(tf.mul(others, tf.reshape(dy, [rows, 1])), ordered.shape);
      return inOrder ? asShape(dx, x.shape) : tf.transpose(dx, inversePermutation(order));
    },
  }),
});
