import * as tf from '@tensorflow/tfjs-core';
import type { BatchToSpaceNDAttrs, GradConfig, SpaceToBatchNDAttrs } from '@tensorflow/tfjs-core';
import { defineGradient } from './define-gradient.ts';

/** The inverse rearrangement; padding of the one is cropping of the other. */
export const spaceToBatchNDGradient: GradConfig = defineGradient<[], SpaceToBatchNDAttrs>({
  kernelName: tf.SpaceToBatchND,
  gradFunc: (dy, _, { blockShape, paddings }) => ({ x: () => tf.batchToSpaceND(dy, blockShape, paddings) }),
});

/** The inverse rearrangement; cropping of the one is zero padding of the other. */
export const batchToSpaceNDGradient: GradConfig = defineGradient<[], BatchToSpaceNDAttrs>({
  kernelName: tf.BatchToSpaceND,
  gradFunc: (dy, _, { blockShape, crops }) => ({ x: () => tf.spaceToBatchND(dy, blockShape, crops) }),
});
