import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig } from '@tensorflow/tfjs-core';
import { defineGradient } from './define-gradient.ts';

/** `dx = dy`. */
export const identityGradient: GradConfig = defineGradient({
  kernelName: tf.Identity,
  gradFunc: (dy) => ({ x: () => tf.clone(dy) }),
});

/** `dx = dy` for every pair of types, as in tfjs: a cast to int32 lets the gradient straight through. */
export const castGradient: GradConfig = defineGradient({
  kernelName: tf.Cast,
  gradFunc: (dy) => ({ x: () => tf.clone(dy) }),
});
