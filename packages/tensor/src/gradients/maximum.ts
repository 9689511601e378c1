import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { defineGradient } from './define-gradient.ts';
import { sumToShape } from './sum-to-shape.ts';

type Compare = (a: Tensor, b: Tensor) => Tensor;

/** `dy` goes to the operand that was taken; of two equal ones to `a`, tfjs's convention. */
function extremumGradient(kernelName: string, takesA: Compare, takesB: Compare): GradConfig {
  return defineGradient<[Tensor, Tensor]>({
    kernelName,
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, [a, b]) => ({
      a: () => sumToShape(tf.mul(dy, takesA(a, b)), a.shape),
      b: () => sumToShape(tf.mul(dy, takesB(a, b)), b.shape),
    }),
  });
}

export const maximumGradient: GradConfig = extremumGradient(tf.Maximum, tf.greaterEqual, tf.less);
export const minimumGradient: GradConfig = extremumGradient(tf.Minimum, tf.lessEqual, tf.greater);
