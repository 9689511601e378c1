import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, PackAttrs, Tensor, UnpackAttrs } from '@tensorflow/tfjs-core';
import { asFloat } from './as-float.ts';
import { defineGradient } from './define-gradient.ts';

/** Each input's gradient is its slice of `dy`, cut only when asked for. */
export const packGradient: GradConfig = defineGradient<Tensor[], PackAttrs>({
  kernelName: tf.Pack,
  saveAllInputs: true,
  gradFunc: (dy, xs, { axis }) => {
    const along = axis < 0 ? axis + dy.rank : axis;
    const size = dy.shape.map((n, i) => (i === along ? 1 : n));
    return xs.map((x, k) => () => {
      const begin = dy.shape.map((_, i) => (i === along ? k : 0));
      return tf.reshape(tf.slice(dy, begin, size), x.shape);
    });
  },
});

/** `dvalue` is the pieces' gradients, stacked again. */
export const unpackGradient: GradConfig = defineGradient<[], UnpackAttrs, Tensor | Tensor[]>({
  kernelName: tf.Unpack,
  gradFunc: (dys, _, { axis }) => ({
    value: () => {
      const list = (Array.isArray(dys) ? dys : [dys]).map(asFloat);
      const rank = (list[0]?.rank ?? 0) + 1;
      return tf.stack(list, axis < 0 ? axis + rank : axis);
    },
  }),
});
