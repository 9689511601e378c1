import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { defineGradient } from './define-gradient.ts';

// Picking slices by index and adding slices at an index are each other's transpose. Indices get zeros.

/** `dy` with 0 at the indices. (`tensorScatterUpdate` would do, but tfjs's cpu kernel writes into the tensor it is given.) */
function besides(dy: Tensor, indices: Tensor, updatesShape: number[]): Tensor {
  const hits = tf.scatterND(indices, tf.fill(updatesShape, 1), dy.shape);
  return tf.where(tf.equal(hits, 0), dy, tf.zerosLike(dy));
}

/** `y[k] = params[indices[k]]`: `dparams[indices[k]] += dy[k]`. */
export const gatherNdGradient: GradConfig = defineGradient<[Tensor, Tensor]>({
  kernelName: tf.GatherNd,
  inputsToSave: ['params', 'indices'],
  gradFunc: (dy, [params, indices]) => ({
    params: () => tf.scatterND(indices, dy, params.shape),
    indices: () => tf.fill(indices.shape, 0),
  }),
});

/** `y[indices[k]] += updates[k]`: `dupdates[k] = dy[indices[k]]`. */
export const scatterNdGradient: GradConfig = defineGradient<[Tensor]>({
  kernelName: tf.ScatterNd,
  inputsToSave: ['indices'],
  gradFunc: (dy, [indices]) => ({
    updates: () => tf.gatherND(dy, indices),
    indices: () => tf.fill(indices.shape, 0),
  }),
});

/**
 * `y = tensor` with `y[indices[k]] = updates[k]`: `dtensor` is `dy` with 0 there, `dupdates[k] = dy[indices[k]]`.
 *
 * Of updates to one place only the last counts, yet each gets the gradient, as in TensorFlow.
 */
export const tensorScatterUpdateGradient: GradConfig = defineGradient<[Tensor, Tensor]>({
  kernelName: tf.TensorScatterUpdate,
  inputsToSave: ['indices', 'updates'],
  gradFunc: (dy, [indices, updates]) => ({
    tensor: () => besides(dy, indices, updates.shape),
    indices: () => tf.fill(indices.shape, 0),
    updates: () => tf.gatherND(dy, indices),
  }),
});

/** `y = defaultValue` but `sparseValues[k]` at `sparseIndices[k]`: `dvalues` is picked from `dy`, the default's is the sum of the rest. */
export const sparseToDenseGradient: GradConfig = defineGradient<[Tensor, Tensor]>({
  kernelName: tf.SparseToDense,
  inputsToSave: ['sparseIndices', 'sparseValues'],
  gradFunc: (dy, [sparseIndices, sparseValues]) => {
    // Indices of a vector may come as a scalar or a vector themselves.
    const rows = (): Tensor => (sparseIndices.rank === 2 ? sparseIndices : tf.reshape(sparseIndices, [sparseIndices.size, 1]));
    return {
      sparseIndices: () => tf.fill(sparseIndices.shape, 0),
      sparseValues: () => {
        const picked = tf.gatherND(dy, rows());
        return sparseValues.rank === 0 ? tf.sum(picked) : tf.reshape(picked, sparseValues.shape);
      },
      defaultValue: () => tf.sum(besides(dy, rows(), [sparseIndices.rank === 0 ? 1 : (sparseIndices.shape[0] ?? 0)])),
    };
  },
});
