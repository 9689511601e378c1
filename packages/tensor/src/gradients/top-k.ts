import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { defineGradient } from './define-gradient.ts';
import { scatterRows } from './scatter-rows.ts';

/** The values' gradient goes back to where along the last axis they were taken from; the rest gets 0. */
export const topKGradient: GradConfig = defineGradient<[Tensor, Tensor], object, [Tensor, Tensor]>({
  kernelName: tf.TopK,
  inputsToSave: ['x'],
  outputsToSave: [false, true],
  gradFunc: ([dValues], [x, indices]) => ({
    x: () => {
      if (x.size === 0 || dValues.size === 0) return tf.fill(x.shape, 0);
      const n = x.shape.at(-1) ?? 1;
      const rows = x.size / n;
      const starts = tf.reshape(tf.range(0, rows * n, n, 'int32'), [rows, 1]);
      const places = tf.add(starts, tf.reshape(indices, [rows, indices.size / rows]));
      return tf.reshape(scatterRows(tf.reshape(dValues, [dValues.size, 1]), places, x.size), x.shape);
    },
  }),
});
