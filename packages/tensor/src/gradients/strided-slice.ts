import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, StridedSliceAttrs, Tensor } from '@tensorflow/tfjs-core';
import { asShape } from './as-shape.ts';
import { defineGradient } from './define-gradient.ts';

/** `t` with one axis replaced: `size` elements, those of `t` at `start`, `start + stride`, ..., zeros between. */
function spreadAxis(t: Tensor, axis: number, start: number, stride: number, size: number): Tensor {
  const count = t.shape[axis] ?? 0;
  const step = Math.abs(stride);
  const used = (count - 1) * step + 1;
  const ordered = stride < 0 ? tf.reverse(t, axis) : t;
  const first = stride < 0 ? start - (count - 1) * step : start;
  const before = t.shape.slice(0, axis);
  const after = t.shape.slice(axis + 1);
  let spaced = ordered;
  if (step > 1) {
    // A new last axis of `step` places, of which the elements take the first, folded into the axis and cut to length.
    const columns = tf.reshape(ordered, [...before, count, 1, ...after]);
    const padded = tf.pad(
      columns,
      columns.shape.map((_, i): [number, number] => [0, i === axis + 1 ? step - 1 : 0]),
    );
    const folded = tf.reshape(padded, [...before, count * step, ...after]);
    spaced = tf.slice(
      folded,
      folded.shape.map(() => 0),
      [...before, used, ...after],
    );
  }
  if (first === 0 && used === size) return spaced;
  return tf.pad(
    spaced,
    spaced.shape.map((_, i): [number, number] => (i === axis ? [first, size - first - used] : [0, 0])),
  );
}

/** `dx` is `dy` in the places it was taken from, among zeros; strides of either sign, masks as in the forward kernel. */
export const stridedSliceGradient: GradConfig = defineGradient<[Tensor], StridedSliceAttrs>({
  kernelName: tf.StridedSlice,
  inputsToSave: ['x'],
  gradFunc: (dy, [x], attrs) => ({
    x: () => {
      const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attrs;
      const taken = tf.slice_util.sliceInfo(x.shape, begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask);
      if (dy.size === 0) return tf.fill(x.shape, 0);
      const counts = x.shape.map((_, i) => {
        const [from = 0, to = 0, step = 1] = [taken.begin[i], taken.end[i], taken.strides[i]];
        return Math.ceil((to - from) / step);
      });
      // Axes that were added or dropped have length 1, so this reshape puts all of them right.
      const aligned = asShape(dy, counts);
      const dx = x.shape.reduce<Tensor>((t, size, i) => spreadAxis(t, i, taken.begin[i] ?? 0, taken.strides[i] ?? 1, size), aligned);
      return dx === dy ? tf.clone(dy) : dx;
    },
  }),
});
