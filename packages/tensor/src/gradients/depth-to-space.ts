import * as tf from '@tensorflow/tfjs-core';
import type { DepthToSpaceAttrs, GradConfig } from '@tensorflow/tfjs-core';
import { defineGradient } from './define-gradient.ts';

/** The inverse rearrangement: each `b x b` block of pixels becomes the channels of one. */
export const depthToSpaceGradient: GradConfig = defineGradient<[], DepthToSpaceAttrs>({
  kernelName: tf.DepthToSpace,
  gradFunc: (dy, _, { blockSize: b, dataFormat }) => ({
    x: () => {
      if (dataFormat === 'NCHW') {
        const [n = 0, c = 0, h = 0, w = 0] = dy.shape;
        const blocks = tf.transpose(tf.reshape(dy, [n, c, h / b, b, w / b, b]), [0, 3, 5, 1, 2, 4]);
        return tf.reshape(blocks, [n, b * b * c, h / b, w / b]);
      }
      const [n = 0, h = 0, w = 0, c = 0] = dy.shape;
      const blocks = tf.transpose(tf.reshape(dy, [n, h / b, b, w / b, b, c]), [0, 1, 3, 2, 4, 5]);
      return tf.reshape(blocks, [n, h / b, w / b, b * b * c]);
    },
  }),
});
