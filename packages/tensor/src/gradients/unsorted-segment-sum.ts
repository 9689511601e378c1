import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor, UnsortedSegmentSumAttrs } from '@tensorflow/tfjs-core';
import { defineGradient } from './define-gradient.ts';

/** `dx[i] = dy[id[i]]`; 0 where the id names no segment, whose element was dropped. */
export const unsortedSegmentSumGradient: GradConfig = defineGradient<[Tensor], UnsortedSegmentSumAttrs>({
  kernelName: tf.UnsortedSegmentSum,
  inputsToSave: ['segmentIds'],
  gradFunc: (dy, [segmentIds], { numSegments }) => ({
    x: () => {
      const last = tf.scalar(numSegments - 1, 'int32');
      const nearest = tf.maximum(tf.minimum(segmentIds, last), tf.scalar(0, 'int32'));
      const rows = tf.gather(dy, nearest);
      const named = tf.reshape(tf.equal(nearest, segmentIds), [segmentIds.size, ...Array(rows.rank - 1).fill(1)]);
      return tf.mul(rows, named);
    },
    segmentIds: () => tf.fill(segmentIds.shape, 0),
  }),
});
