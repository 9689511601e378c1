import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { defineGradient } from './define-gradient.ts';

// The gradient of a real loss L by a complex z is kept as dL/d(Re z) + i dL/d(Im z).
// tfjs's tape refuses any gradient that isn't float32, so those of complex inputs are of use only to callers of the
// `gradFunc` itself; the tape then says which kernel it stopped at.

/** `y = |z|`: `dz = dy z / |z|`, 0 at 0. */
export const complexAbsGradient: GradConfig = defineGradient<[Tensor, Tensor]>({
  kernelName: tf.ComplexAbs,
  inputsToSave: ['x'],
  outputsToSave: [true],
  gradFunc: (dy, [x, y]) => ({
    x: () => {
      const ratio = tf.where(tf.greater(y, 0), tf.div(dy, y), tf.zerosLike(dy));
      return tf.complex(tf.mul(tf.real(x), ratio), tf.mul(tf.imag(x), ratio));
    },
  }),
});
