import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { defineGradient } from './define-gradient.ts';
import { runKernel } from './run-kernel.ts';

/** Local response normalisation `y = x / (bias + alpha sum x^2)^beta` over neighbouring channels. */
export const lrnGradient: GradConfig = defineGradient<[Tensor, Tensor]>({
  kernelName: tf.LRN,
  inputsToSave: ['x'],
  outputsToSave: [true],
  gradFunc: (dy, [x, y], attrs) => ({ x: () => runKernel(tf.LRNGrad, { x, y, dy }, attrs) }),
});
