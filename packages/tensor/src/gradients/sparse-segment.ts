import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { defineGradient } from './define-gradient.ts';
import { scatterRows } from './scatter-rows.ts';

/** `y[s] = sum or mean of data[indices[i]]` over `segmentIds[i] = s`: `ddata[indices[i]] += dy[segmentIds[i]]`, over the count. */
function segmentGradient(kernelName: string, mean: boolean): GradConfig {
  return defineGradient<[Tensor, Tensor, Tensor]>({
    kernelName,
    inputsToSave: ['data', 'indices', 'segmentIds'],
    gradFunc: (dy, [data, indices, segmentIds]) => ({
      data: () => {
        if (dy.size === 0) return tf.fill(data.shape, 0);
        const [segments = 0, ...row] = dy.shape;
        const width = tf.util.sizeFromShape(row);
        let shares: Tensor = tf.reshape(dy, [segments, width]);
        if (mean) {
          const counts = scatterRows(tf.ones([segmentIds.size, 1]), segmentIds, segments);
          shares = tf.div(shares, tf.maximum(counts, 1));
        }
        const rows = scatterRows(tf.gather(shares, segmentIds), indices, data.shape[0] ?? 0);
        return tf.reshape(rows, data.shape);
      },
      indices: () => tf.fill(indices.shape, 0),
      segmentIds: () => tf.fill(segmentIds.shape, 0),
    }),
  });
}

export const sparseSegmentSumGradient: GradConfig = segmentGradient(tf.SparseSegmentSum, false);
export const sparseSegmentMeanGradient: GradConfig = segmentGradient(tf.SparseSegmentMean, true);
