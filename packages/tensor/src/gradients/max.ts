import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, MaxAttrs, MinAttrs, Tensor } from '@tensorflow/tfjs-core';
import { asShape } from './as-shape.ts';
import { defineGradient } from './define-gradient.ts';
import { keptShape } from './kept-shape.ts';

/** `dy` to every element that equals the extremum; ties each get all of it, tfjs's convention. */
function toExtrema(dy: Tensor, x: Tensor, y: Tensor, axis: number | number[]): Tensor {
  const kept = keptShape(x.shape, tf.util.parseAxisParam(axis, x.shape));
  return tf.mul(asShape(dy, kept), tf.equal(x, asShape(y, kept)));
}

export const maxGradient: GradConfig = defineGradient<[Tensor, Tensor], MaxAttrs>({
  kernelName: tf.Max,
  inputsToSave: ['x'],
  outputsToSave: [true],
  gradFunc: (dy, [x, y], { reductionIndices }) => ({ x: () => toExtrema(dy, x, y, reductionIndices) }),
});

export const minGradient: GradConfig = defineGradient<[Tensor, Tensor], MinAttrs>({
  kernelName: tf.Min,
  inputsToSave: ['x'],
  outputsToSave: [true],
  gradFunc: (dy, [x, y], { axis }) => ({ x: () => toExtrema(dy, x, y, axis) }),
});
