import { fill, reshape, scatterND } from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/**
 * Adds rows into a zero matrix: `out[ids[i], :] += values[i, :]`; the transpose of picking rows.
 *
 * `ScatterNd` sums repeated ids, costs one pass, and exists on every tfjs backend, unlike `UnsortedSegmentSum`.
 *
 * @param values `[m, width]`
 * @param ids `[m]`, int32, each in `[0, rows)`
 * @returns `[rows, width]`
 */
export function scatterRows(values: Tensor, ids: Tensor, rows: number): Tensor {
  const [m, width] = values.shape as [number, number];
  if (values.size === 0) return fill([rows, width], 0);
  return scatterND(reshape(ids, [m, 1]), values, [rows, width]);
}
