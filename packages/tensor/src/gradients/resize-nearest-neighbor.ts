import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, ResizeNearestNeighborAttrs, Tensor } from '@tensorflow/tfjs-core';
import { defineGradient } from './define-gradient.ts';
import { scatterRows } from './scatter-rows.ts';

/**
 * Every output pixel's `dy` is added to the pixel it was copied from: one scatter.
 *
 * Where that was is asked of the forward kernel, which resizes the numbers of the rows and of the columns: kernels round
 * positions in float32 or in float64, and differ where one lies between two pixels. tfjs's own backward kernel ignores
 * `halfPixelCenters` and, on cpu, mixes up the images of a batch.
 */
export const resizeNearestNeighborGradient: GradConfig = defineGradient<[Tensor], ResizeNearestNeighborAttrs>({
  kernelName: tf.ResizeNearestNeighbor,
  inputsToSave: ['images'],
  gradFunc: (dy, [images], { alignCorners, halfPixelCenters }) => ({
    images: () => {
      const [batch = 0, inHeight = 0, inWidth = 0, channels = 0] = images.shape;
      const [, height = 0, width = 0] = dy.shape;
      const resized = (numbers: Tensor, size: [number, number]): Tensor =>
        tf.cast(tf.image.resizeNearestNeighbor(numbers as tf.Tensor4D, size, alignCorners, halfPixelCenters), 'int32');
      const rows = resized(tf.reshape(tf.range(0, inHeight), [1, inHeight, 1, 1]), [height, 1]);
      const columns = resized(tf.reshape(tf.range(0, inWidth), [1, 1, inWidth, 1]), [1, width]);
      const starts = tf.reshape(tf.range(0, batch * inHeight, Math.max(inHeight, 1), 'int32'), [batch, 1, 1, 1]);
      const pixels = tf.add(tf.mul(tf.add(starts, rows), tf.scalar(inWidth, 'int32')), columns);
      const dx = scatterRows(tf.reshape(dy, [pixels.size, channels]), pixels, batch * inHeight * inWidth);
      return tf.reshape(dx, images.shape);
    },
  }),
});
