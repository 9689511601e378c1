import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { asFloat } from './as-float.ts';
import { defineGradient, unaryGradient, unaryGradientOfOutput } from './define-gradient.ts';
import { savedOutput } from './saved-output.ts';
import { sumToShape } from './sum-to-shape.ts';

/** `dx = 2 dy x`. */
export const squareGradient: GradConfig = unaryGradient(tf.Square, (dy, x) => tf.mul(tf.mul(dy, 2), x));

/** `dx = dy / (2 y)`. */
export const sqrtGradient: GradConfig = unaryGradientOfOutput(tf.Sqrt, tf.sqrt, (dy, y) => tf.div(dy, tf.mul(y, 2)));

/** `dx = -dy y / (2 x)`, which needs no power of 3/2. */
export const rsqrtGradient: GradConfig = defineGradient<[Tensor, Tensor]>({
  kernelName: tf.Rsqrt,
  inputsToSave: ['x'],
  outputsToSave: [true],
  gradFunc: (dy, [x, y]) => ({
    x: () =>
      tf.div(
        tf.mul(
          dy,
          savedOutput(y, () => tf.rsqrt(x)),
        ),
        tf.mul(x, -2),
      ),
  }),
});

/** `dx = -dy / x^2`; not `-dy y^2`, since the reciprocal of an int32 is truncated. */
export const reciprocalGradient: GradConfig = unaryGradient(tf.Reciprocal, (dy, x) => tf.neg(tf.div(tf.div(dy, x), x)));

/**
 * `y = a^b`: `da = dy b a^(b-1)`, `db = dy y log a`.
 *
 * Where `b = 0`, `da` is 0 also for `a = 0` (tfjs: NaN, from `0 * 0^-1`).
 * Where `a <= 0`, `db` is 0, as in tfjs: the real logarithm isn't defined there.
 */
export const powGradient: GradConfig = defineGradient<[Tensor, Tensor, Tensor]>({
  kernelName: tf.Pow,
  inputsToSave: ['a', 'b'],
  outputsToSave: [true],
  gradFunc: (dy, [a, b, y]) => ({
    a: () => {
      const exponent = asFloat(b);
      // An exponent of 0 instead of -1 makes the power finite, so that the factor b = 0 can do its work.
      const reduced = tf.where(tf.equal(exponent, 0), tf.zerosLike(exponent), tf.sub(exponent, 1));
      return sumToShape(tf.mul(tf.mul(dy, exponent), tf.pow(asFloat(a), reduced)), a.shape);
    },
    b: () => {
      const base = asFloat(a);
      // Chosen before the logarithm: behind it, the slope at 0 would make a gradient of this gradient NaN.
      const log = tf.log(tf.where(tf.greater(base, 0), base, tf.onesLike(base)));
      return sumToShape(
        tf.mul(
          tf.mul(
            dy,
            savedOutput(y, () => tf.pow(a, b)),
          ),
          log,
        ),
        b.shape,
      );
    },
  }),
});
