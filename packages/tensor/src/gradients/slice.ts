import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, PadV2Attrs, SliceAttrs, Tensor } from '@tensorflow/tfjs-core';
import { defineGradient } from './define-gradient.ts';

/** `dx = dy` in its place among zeros. */
export const sliceGradient: GradConfig = defineGradient<[Tensor], SliceAttrs>({
  kernelName: tf.Slice,
  inputsToSave: ['x'],
  gradFunc: (dy, [x], { begin, size }) => ({
    x: () => {
      const [starts, sizes] = tf.slice_util.parseSliceParams(x, begin, size) as [number[], number[]];
      const paddings = x.shape.map((n, i): [number, number] => {
        const start = starts[i] ?? 0;
        return [start, n - start - (sizes[i] ?? n)];
      });
      return tf.pad(dy, paddings);
    },
  }),
});

/** `dx` is the part of `dy` that isn't padding. */
export const padV2Gradient: GradConfig = defineGradient<[Tensor], PadV2Attrs>({
  kernelName: tf.PadV2,
  inputsToSave: ['x'],
  gradFunc: (dy, [x], { paddings }) => ({
    x: () =>
      tf.slice(
        dy,
        paddings.map(([before]) => before),
        x.shape,
      ),
  }),
});
