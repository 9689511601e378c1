import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { asShape } from './as-shape.ts';
import { defineGradient } from './define-gradient.ts';

/**
 * `y = condition ? t : e`: `dy` where each was taken, else 0.
 *
 * Selected, not multiplied by the mask: an infinite or NaN `dy` of the other branch mustn't come through as NaN.
 */
export const selectGradient: GradConfig = defineGradient<[Tensor]>({
  kernelName: tf.Select,
  inputsToSave: ['condition'],
  gradFunc: (dy, [condition]) => {
    // The kernel takes a vector as condition too; it then chooses whole slices along the first axis.
    const mask = (): Tensor => asShape(condition, condition.shape.concat(Array(dy.rank - condition.rank).fill(1)));
    return {
      condition: () => tf.fill(condition.shape, 0),
      t: () => tf.where(mask(), dy, tf.zerosLike(dy)),
      e: () => tf.where(mask(), tf.zerosLike(dy), dy),
    };
  },
});

/** `dx = dy` where `min <= x <= max`, bounds included as in tfjs, that is where clipping changed nothing. */
export const clipByValueGradient: GradConfig = defineGradient<[Tensor, Tensor]>({
  kernelName: tf.ClipByValue,
  inputsToSave: ['x'],
  outputsToSave: [true],
  gradFunc: (dy, [x, y]) => ({ x: () => tf.where(tf.equal(x, y), dy, tf.zerosLike(dy)) }),
});
