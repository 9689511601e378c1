import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, MirrorPadAttrs, Tensor } from '@tensorflow/tfjs-core';
import { defineGradient } from './define-gradient.ts';

/** Adds what was mirrored out over both ends of one axis back onto the elements it was copied from. */
function foldAxis(dy: Tensor, axis: number, n: number, [before, after]: readonly [number, number], gap: 0 | 1): Tensor {
  const cut = (start: number, length: number): Tensor =>
    tf.slice(
      dy,
      dy.shape.map((_, i) => (i === axis ? start : 0)),
      dy.shape.map((size, i) => (i === axis ? length : size)),
    );
  // Where a mirrored strip lands in x: 'reflect' leaves the edge element itself out (gap 1), 'symmetric' repeats it.
  const landing = (strip: Tensor, start: number, length: number): Tensor =>
    tf.pad(
      tf.reverse(strip, axis),
      dy.shape.map((_, i): [number, number] => (i === axis ? [start, n - start - length] : [0, 0])),
    );
  let dx = cut(before, n);
  if (before > 0) dx = tf.add(dx, landing(cut(0, before), gap, before));
  if (after > 0) dx = tf.add(dx, landing(cut(before + n, after), n - gap - after, after));
  return dx;
}

/**
 * `dx` is the middle of `dy`, plus every mirrored copy's gradient.
 *
 * tfjs keeps the middle alone and so loses what the copies contribute.
 */
export const mirrorPadGradient: GradConfig = defineGradient<[Tensor], MirrorPadAttrs>({
  kernelName: tf.MirrorPad,
  inputsToSave: ['x'],
  gradFunc: (dy, [x], { paddings, mode }) => ({
    x: () => {
      const dx = paddings.reduce<Tensor>((d, [before, after], axis) => {
        if (before === 0 && after === 0) return d;
        return foldAxis(d, axis, x.shape[axis] ?? 0, [before, after], mode === 'reflect' ? 1 : 0);
      }, dy);
      return dx === dy ? tf.clone(dy) : dx;
    },
  }),
});
