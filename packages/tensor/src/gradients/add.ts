import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { defineGradient } from './define-gradient.ts';
import { passToShape, sumToShape } from './sum-to-shape.ts';

/** `y = a + b`: `da = db = dy`, summed over broadcast axes. */
export const addGradient: GradConfig = defineGradient<[Tensor, Tensor]>({
  kernelName: tf.Add,
  inputsToSave: ['a', 'b'],
  gradFunc: (dy, [a, b]) => ({
    a: () => passToShape(dy, a.shape),
    b: () => passToShape(dy, b.shape),
  }),
});

/** `y = a - b`: `da = dy`, `db = -dy`, summed over broadcast axes. */
export const subGradient: GradConfig = defineGradient<[Tensor, Tensor]>({
  kernelName: tf.Sub,
  inputsToSave: ['a', 'b'],
  gradFunc: (dy, [a, b]) => ({
    a: () => passToShape(dy, a.shape),
    // Negated after the sum, when there is least left to negate.
    b: () => tf.neg(sumToShape(dy, b.shape)),
  }),
});

/** `y = x0 + x1 + ...`: each gets `dy`. */
export const addNGradient: GradConfig = defineGradient<Tensor[]>({
  kernelName: tf.AddN,
  saveAllInputs: true,
  gradFunc: (dy, xs) => xs.map(() => () => tf.clone(dy)),
});

/** `dx = -dy`. */
export const negGradient: GradConfig = defineGradient({
  kernelName: tf.Neg,
  gradFunc: (dy) => ({ x: () => tf.neg(dy) }),
});
