import * as tf from '@tensorflow/tfjs-core';
import type { CumsumAttrs, GradConfig } from '@tensorflow/tfjs-core';
import { defineGradient } from './define-gradient.ts';

/** `dx_i = sum_{j >= i} dy_j`: the cumulative sum the other way round (tfjs transposes it once too often). */
export const cumsumGradient: GradConfig = defineGradient<[], CumsumAttrs>({
  kernelName: tf.Cumsum,
  gradFunc: (dy, _, { axis, exclusive, reverse }) => ({ x: () => tf.cumsum(dy, axis, exclusive, !reverse) }),
});
