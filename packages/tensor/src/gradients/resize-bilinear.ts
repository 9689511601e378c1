import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, ResizeBilinearAttrs, Tensor } from '@tensorflow/tfjs-core';
import { defineGradient } from './define-gradient.ts';
import { runKernel } from './run-kernel.ts';

/** Weights `[size, inSize]` by which each output position of one axis mixes input positions, pixel centres at 1/2. */
function halfPixelWeights(inSize: number, size: number): Tensor {
  const weights = new Float32Array(size * inSize);
  for (let i = 0; i < size; i++) {
    const position = (inSize / size) * (i + 0.5) - 0.5;
    const low = Math.max(0, Math.floor(position));
    const high = Math.min(inSize - 1, Math.ceil(position));
    const share = position - low;
    weights[i * inSize + low] = (weights[i * inSize + low] ?? 0) + 1 - share;
    weights[i * inSize + high] = (weights[i * inSize + high] ?? 0) + share;
  }
  return tf.tensor2d(weights, [size, inSize]);
}

/**
 * Bilinear interpolation is linear along each axis: `y = R_h x R_w^T`, so `dx = R_h^T dy R_w`.
 *
 * The backward kernel serves where pixel centres aren't at 1/2. It knows no other case (tfjs runs it all the same, and
 * returns the wrong gradient), so that one is two matrix products.
 */
export const resizeBilinearGradient: GradConfig = defineGradient<[Tensor], ResizeBilinearAttrs>({
  kernelName: tf.ResizeBilinear,
  inputsToSave: ['images'],
  gradFunc: (dy, [images], attrs) => ({
    images: () => {
      if (!attrs.halfPixelCenters) {
        // tfjs's cpu kernel labels its result with height and width swapped; the values are in order.
        return tf.reshape(runKernel(tf.ResizeBilinearGrad, { images, dy }, attrs), images.shape);
      }
      const [batch = 0, inHeight = 0, inWidth = 0, channels = 0] = images.shape;
      const [, height = 0, width = 0] = dy.shape;
      const columns = tf.reshape(dy, [batch, height, width * channels]);
      const rows = tf.matMul(tf.expandDims(halfPixelWeights(inHeight, height), 0), columns, true);
      const pixels = tf.reshape(rows, [batch * inHeight, width, channels]);
      return tf.reshape(tf.matMul(tf.expandDims(halfPixelWeights(inWidth, width), 0), pixels, true), images.shape);
    },
  }),
});
