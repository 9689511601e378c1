import * as tf from '@tensorflow/tfjs-core';
import type { ConcatAttrs, GradConfig, SplitVAttrs, Tensor } from '@tensorflow/tfjs-core';
import { asFloat } from './as-float.ts';
import { defineGradient } from './define-gradient.ts';

/** Each input's gradient is its slice of `dy`, cut only when asked for. */
export const concatGradient: GradConfig = defineGradient<Tensor[], ConcatAttrs>({
  kernelName: tf.Concat,
  saveAllInputs: true,
  gradFunc: (dy, xs, { axis }) => {
    const along = axis < 0 ? axis + dy.rank : axis;
    let start = 0;
    return xs.map((x) => {
      const begin = dy.shape.map((_, i) => (i === along ? start : 0));
      start += x.shape[along] ?? 0;
      return () => tf.slice(dy, begin, x.shape);
    });
  },
});

/** `dx` is the pieces' gradients, put together again. */
export const splitVGradient: GradConfig = defineGradient<[], SplitVAttrs, Tensor | Tensor[]>({
  kernelName: tf.SplitV,
  // tfjs hands over the one gradient bare when there is one piece; those of unused pieces are zeros of the piece's type.
  gradFunc: (dys, _, { axis }) => ({
    x: () => (Array.isArray(dys) ? tf.concat(dys.map(asFloat), axis) : tf.clone(dys)),
  }),
});
