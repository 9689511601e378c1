import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, ResizeNearestNeighborAttrs, Tensor } from '@tensorflow/tfjs-core';
import { defineGradient } from './define-gradient.ts';
import { scatterRows } from './scatter-rows.ts';

/** For each output position of one axis the input position it was copied from, as in tfjs's forward kernels. */
function sources(inSize: number, size: number, alignCorners: boolean, halfPixelCenters: boolean): number[] {
  const corners = alignCorners && size > 1 ? 1 : 0;
  const ratio = (inSize - corners) / (size - corners);
  return Array.from({ length: size }, (_, i) => {
    const position = ratio * (halfPixelCenters ? i + 0.5 : i);
    return Math.min(inSize - 1, alignCorners ? Math.round(position) : Math.floor(position));
  });
}

/**
 * Every output pixel's `dy` is added to the pixel it was copied from: one scatter.
 *
 * tfjs's own backward kernel ignores `halfPixelCenters` and, on cpu, mixes up the images of a batch.
 */
export const resizeNearestNeighborGradient: GradConfig = defineGradient<[Tensor], ResizeNearestNeighborAttrs>({
  kernelName: tf.ResizeNearestNeighbor,
  inputsToSave: ['images'],
  gradFunc: (dy, [images], { alignCorners, halfPixelCenters }) => ({
    images: () => {
      const [batch = 0, inHeight = 0, inWidth = 0, channels = 0] = images.shape;
      const [, height = 0, width = 0] = dy.shape;
      const rows = sources(inHeight, height, alignCorners, halfPixelCenters);
      const columns = sources(inWidth, width, alignCorners, halfPixelCenters);
      const pixels = Int32Array.from({ length: batch * height * width }, (_, i) => {
        const image = Math.trunc(i / (height * width));
        const row = rows[Math.trunc(i / width) % height] ?? 0;
        return (image * inHeight + row) * inWidth + (columns[i % width] ?? 0);
      });
      const values = tf.reshape(dy, [pixels.length, channels]);
      const dx = scatterRows(values, tf.tensor1d(pixels, 'int32'), batch * inHeight * inWidth);
      return tf.reshape(dx, images.shape);
    },
  }),
});
