import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, ReverseAttrs, TransposeAttrs } from '@tensorflow/tfjs-core';
import { defineGradient } from './define-gradient.ts';

/** The permutation that undoes `perm`. */
export function inversePermutation(perm: readonly number[]): number[] {
  const inverse = Array<number>(perm.length);
  for (const [i, p] of perm.entries()) inverse[p] = i;
  return inverse;
}

/** `dx = dy`, its axes put back. */
export const transposeGradient: GradConfig = defineGradient<[], TransposeAttrs>({
  kernelName: tf.Transpose,
  gradFunc: (dy, _, { perm }) => ({ x: () => tf.transpose(dy, inversePermutation(perm)) }),
});

/** `dx = dy`, reversed along the same axes. */
export const reverseGradient: GradConfig = defineGradient<[], ReverseAttrs>({
  kernelName: tf.Reverse,
  gradFunc: (dy, _, { dims }) => ({ x: () => tf.reverse(dy, dims) }),
});
