import * as tf from '@tensorflow/tfjs-core';
import type { GatherV2Attrs, GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { defineGradient } from './define-gradient.ts';
import { scatterRows } from './scatter-rows.ts';

/**
 * `dx[idx[k]] += dy[k]` along the gathered axis; indices get zeros.
 *
 * `x` is read as a matrix whose rows are the pieces that were picked: `[batch, outer, n, inner]` with the first three
 * axes flattened. Any axis and any number of batch axes are then one scatter of rows, with nothing transposed.
 */
export const gatherV2Gradient: GradConfig = defineGradient<[Tensor, Tensor], GatherV2Attrs>({
  kernelName: tf.GatherV2,
  inputsToSave: ['x', 'indices'],
  gradFunc: (dy, [x, indices], { axis, batchDims }) => ({
    x: () => {
      const along = axis < 0 ? axis + x.rank : axis;
      const batchRank = batchDims < 0 ? batchDims + indices.rank : batchDims;
      const size = tf.util.sizeFromShape;
      const batch = size(x.shape.slice(0, batchRank));
      const outer = size(x.shape.slice(batchRank, along));
      const n = x.shape[along] ?? 0;
      const inner = size(x.shape.slice(along + 1));
      const blocks = batch * outer;
      if (x.size === 0 || dy.size === 0) return tf.fill(x.shape, 0);
      const picked = indices.size / batch;
      let rows: Tensor = indices;
      if (blocks > 1) {
        const starts = tf.reshape(tf.range(0, blocks * n, n, 'int32'), [batch, outer, 1]);
        rows = tf.add(starts, tf.reshape(indices, [batch, 1, picked]));
      }
      const updates = tf.reshape(dy, [blocks * picked, inner]);
      return tf.reshape(scatterRows(updates, rows, blocks * n), x.shape);
    },
    indices: () => tf.fill(indices.shape, 0),
  }),
});
