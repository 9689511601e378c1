import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** Is shown, in a backward pass, the gradient of a product [batch, rows] before its activation, and its input [batch, columns]. */
export type SeeGradient = (dz: Tensor, x: Tensor) => void;

/** z itself; in the backward pass `see` is shown its gradient and x, which belong to that pass. */
export function tapGradient(z: Tensor, x: Tensor, see: SeeGradient): Tensor {
  const tapped = tf.customGrad((value, input, save) => {
    (save as tf.GradSaveFunc)([input as Tensor]);
    return {
      value: tf.clone(value as Tensor),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        see(dy, saved[0] as Tensor);
        return [tf.clone(dy), tf.zerosLike(saved[0] as Tensor)];
      },
    };
  });
  return tapped(z, x);
}
