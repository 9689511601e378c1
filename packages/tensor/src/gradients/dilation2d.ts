import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { defineGradient } from './define-gradient.ts';
import { runKernel } from './run-kernel.ts';

/** Greyscale dilation `max(x + filter)`: `dy` goes to the pixel and the filter element that gave the maximum. */
export const dilation2DGradient: GradConfig = defineGradient<[Tensor, Tensor]>({
  kernelName: tf.Dilation2D,
  inputsToSave: ['x', 'filter'],
  gradFunc: (dy, [x, filter], attrs) => ({
    x: () => runKernel(tf.Dilation2DBackpropInput, { x, filter, dy }, attrs),
    filter: () => runKernel(tf.Dilation2DBackpropFilter, { x, filter, dy }, attrs),
  }),
});
