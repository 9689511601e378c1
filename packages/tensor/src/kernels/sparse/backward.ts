import type { Kernels } from '../../runtime/kernels.ts';
import { slicesOf } from './slices.ts';

/** Both gradients of Y = X·Sᵀ in one pass over the columns of S, whose values and gradients are in their order: addresses and sizes. */
export interface SparseBackward {
  /** i32[columns + 1], where each column's non-zeros begin. */
  readonly pointers: number;
  /** i32, the row of each non-zero. */
  readonly indices: number;
  readonly values: number;
  /** Where dL/dvalues goes. */
  readonly dvalues: number;
  /** dL/dY [batch, rows] in blocks. */
  readonly d: number;
  /** [batch, columns] in blocks. */
  readonly x: number;
  /** Where dL/dX goes, [batch, columns] row-major. */
  readonly dx: number;
  readonly rows: number;
  readonly columns: number;
  readonly batch: number;
  readonly nonZeros: number;
}

export function sparseBackward(kernels: Kernels, call: SparseBackward): void {
  const { rows, columns, batch, nonZeros, dvalues } = call;
  if (batch === 0) {
    kernels.heap.floats.fill(0, dvalues >>> 2, (dvalues >>> 2) + nonZeros);
    return;
  }
  if (columns === 0) return;
  const { threads } = kernels;
  const { words } = threads;
  const { slices, grain } = slicesOf(columns, (2 * nonZeros + columns) * batch, threads.count);
  const p = threads.parameters();
  words[p] = call.pointers;
  words[p + 1] = call.indices;
  words[p + 2] = call.values;
  words[p + 3] = dvalues;
  words[p + 4] = call.d;
  words[p + 5] = call.x;
  words[p + 6] = call.dx;
  words[p + 7] = rows;
  words[p + 8] = columns;
  words[p + 9] = batch;
  words[p + 10] = slices;
  threads.run(kernels.number('f32_sparse_backward'), slices, grain);
}
