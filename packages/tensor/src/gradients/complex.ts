import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { defineGradient } from './define-gradient.ts';

// The gradient of a real loss L by a complex z is kept as dL/d(Re z) + i dL/d(Im z).
// tfjs's tape accepts float32 gradients only and stops at a kernel with a complex input, naming it; until it takes them,
// these rules serve callers of `getGradient(name).gradFunc`.

/** `z = re + i im`: `dre = Re dz`, `dim = Im dz`. */
export const complexGradient: GradConfig = defineGradient({
  kernelName: tf.Complex,
  gradFunc: (dz) => ({ real: () => tf.real(dz), imag: () => tf.imag(dz) }),
});

/** `y = Re z`: `dz = dy`. */
export const realGradient: GradConfig = defineGradient({
  kernelName: tf.Real,
  gradFunc: (dy) => ({ input: () => tf.complex(dy, tf.zerosLike(dy)) }),
});

/** `y = Im z`: `dz = i dy`. */
export const imagGradient: GradConfig = defineGradient({
  kernelName: tf.Imag,
  gradFunc: (dy) => ({ input: () => tf.complex(tf.zerosLike(dy), dy) }),
});

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

const scaled = (z: Tensor, factor: number): Tensor => tf.complex(tf.mul(tf.real(z), factor), tf.mul(tf.imag(z), factor));

/** `y = F x` along the last axis of length `n`: `dx = F^H dy`, that is `n` times the inverse transform. */
export const fftGradient: GradConfig = defineGradient({
  kernelName: tf.FFT,
  gradFunc: (dy) => ({ input: () => scaled(tf.ifft(dy), dy.shape.at(-1) ?? 1) }),
});

/** `y = F^-1 x`: `dx = F dy / n`. */
export const ifftGradient: GradConfig = defineGradient({
  kernelName: tf.IFFT,
  gradFunc: (dy) => ({ input: () => scaled(tf.fft(dy), 1 / (dy.shape.at(-1) ?? 1)) }),
});
