import * as tf from '@tensorflow/tfjs-core';
import type { FusedBatchNormAttrs, GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { defineGradient } from './define-gradient.ts';
import { passToShape, sumToShape } from './sum-to-shape.ts';

/**
 * `y = (x - mean) r scale + offset`, `r = (variance + epsilon)^(-1/2)`, each parameter per channel or of any shape
 * that broadcasts.
 *
 * tfjs's tape can't hold a node with an absent input, so scale and offset must both be given where there is a gradient.
 * Sums over the batch are taken before the factors per channel are applied, so each gradient is one or two passes
 * over the images.
 */
export const fusedBatchNormGradient: GradConfig = defineGradient<[Tensor, Tensor, Tensor, Tensor], FusedBatchNormAttrs>({
  kernelName: tf.FusedBatchNorm,
  inputsToSave: ['x', 'mean', 'variance', 'scale'],
  gradFunc: (dy, [x, mean, variance, scale], { varianceEpsilon }) => {
    const r = (): Tensor => tf.rsqrt(tf.add(variance, varianceEpsilon));
    const centred = (): Tensor => tf.mul(dy, tf.sub(x, mean));
    // A factor per parameter is applied to the sum; one of another shape must be applied before it.
    const weighted = (t: Tensor, factor: Tensor, shape: number[]): Tensor =>
      tf.util.arraysEqual(factor.shape, shape) ? tf.mul(sumToShape(t, shape), factor) : sumToShape(tf.mul(t, factor), shape);
    return {
      x: () => tf.mul(dy, tf.mul(r(), scale)),
      mean: () => weighted(dy, tf.neg(tf.mul(r(), scale)), mean.shape),
      variance: () => {
        const inverse = r();
        const cube = tf.mul(tf.mul(inverse, -0.5), tf.square(inverse));
        return weighted(centred(), tf.mul(cube, scale), variance.shape);
      },
      scale: () => weighted(centred(), r(), scale.shape),
      // Saving offset for its shape alone isn't worth it: tfjs asks that it be of the mean's kind.
      offset: () => passToShape(dy, mean.shape),
    };
  },
});
