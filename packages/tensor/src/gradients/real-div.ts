import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { asFloat } from './as-float.ts';
import { defineGradient } from './define-gradient.ts';
import { savedOutput } from './saved-output.ts';
import { passToShape, sumToShape } from './sum-to-shape.ts';

/** `y = a / b`: `da = dy / b`, `db = -dy y / b`, which squares no divisor and so can't overflow early. */
export const realDivGradient: GradConfig = defineGradient<[Tensor, Tensor, Tensor]>({
  kernelName: tf.RealDiv,
  inputsToSave: ['a', 'b'],
  outputsToSave: [true],
  gradFunc: (dy, [a, b, y]) => ({
    a: () => sumToShape(tf.div(dy, b), a.shape),
    b: () =>
      tf.div(
        sumToShape(
          tf.mul(
            dy,
            savedOutput(y, () => tf.div(a, b)),
          ),
          b.shape,
        ),
        tf.neg(b),
      ),
  }),
});

/**
 * `y = floor(a / b)`: the gradient of `a / b`, as if nothing were rounded, which is tfjs's convention
 * (it is how `tf.div` of two int32 tensors gets a gradient at all).
 */
export const floorDivGradient: GradConfig = defineGradient<[Tensor, Tensor]>({
  kernelName: tf.FloorDiv,
  inputsToSave: ['a', 'b'],
  gradFunc: (dy, [a, b]) => ({
    a: () => sumToShape(tf.div(dy, asFloat(b)), a.shape),
    b: () => {
      const divisor = asFloat(b);
      return tf.div(sumToShape(tf.div(tf.mul(dy, a), divisor), b.shape), tf.neg(divisor));
    },
  }),
});

/** `y = a - b floor(a / b)`: `da = dy`, `db = -dy floor(a / b)`. */
export const modGradient: GradConfig = defineGradient<[Tensor, Tensor]>({
  kernelName: tf.Mod,
  inputsToSave: ['a', 'b'],
  gradFunc: (dy, [a, b]) => ({
    a: () => passToShape(dy, a.shape),
    b: () => tf.neg(sumToShape(tf.mul(dy, tf.floor(tf.div(asFloat(a), asFloat(b)))), b.shape)),
  }),
});
