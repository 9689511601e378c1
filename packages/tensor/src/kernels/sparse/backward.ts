import type { Kernels } from '../../runtime/kernels.ts';
import { blockCount } from './layout.ts';
import { addParts } from './permute.ts';
import { slicesOf } from './slices.ts';

/** Both gradients of Y = X·Sᵀ in one pass over the columns of S: addresses and sizes. */
export interface SparseBackward {
  /** i32[columns + 1], where each column's non-zeros begin. */
  readonly pointers: number;
  /** i32, the row of each non-zero, column by column. */
  readonly indices: number;
  /** i32, for each non-zero in the order of the columns its number in that of the rows. */
  readonly permutation: number;
  /** Row by row. */
  readonly values: number;
  /** Where dL/dvalues goes, row by row. */
  readonly dvalues: number;
  /** Room for {@link backwardParts} - 1 times the non-zeros. */
  readonly work: number;
  /** dL/dY [batch, rows], in blocks. */
  readonly d: number;
  /** [batch, columns] in blocks. */
  readonly x: number;
  /** Where dL/dX goes, [batch, columns] in blocks. */
  readonly dx: number;
  readonly rows: number;
  readonly columns: number;
  readonly batch: number;
  readonly nonZeros: number;
}

/** Values of the gradients of all parts together up to which they are worth what they take to add up. */
const MOST_VALUES = 2 ** 21;

/** Parts of the batch whose gradients of the values are added up in the end. */
export function backwardParts({ threads }: Kernels, batch: number, nonZeros: number): number {
  const { count } = threads;
  return blockCount(batch) % count === 0 && count * nonZeros <= MOST_VALUES ? count : 1;
}

export function sparseBackward(kernels: Kernels, call: SparseBackward): void {
  const { columns, batch, nonZeros, dvalues, work } = call;
  if (batch === 0) {
    kernels.heap.floats.fill(0, dvalues >>> 2, (dvalues >>> 2) + nonZeros);
    return;
  }
  if (columns === 0) return;
  const { threads } = kernels;
  const { words } = threads;
  const parts = backwardParts(kernels, batch, nonZeros);
  const { slices, grain } = slicesOf(columns, (2 * nonZeros + columns) * batch, threads.count, parts);
  const p = threads.parameters();
  words[p] = call.pointers;
  words[p + 1] = call.indices;
  words[p + 2] = call.permutation;
  words[p + 3] = call.values;
  words[p + 4] = dvalues;
  words[p + 5] = call.d;
  words[p + 6] = call.x;
  words[p + 7] = call.dx;
  words[p + 8] = call.rows;
  words[p + 9] = columns;
  words[p + 10] = batch;
  words[p + 11] = slices;
  words[p + 12] = parts;
  words[p + 13] = work;
  // Whole runs of columns, because values that neighbour in a row share a line of memory.
  const together = Math.max(grain, (slices * parts) / threads.count);
  threads.run(kernels.number('f32_sparse_backward'), slices * parts, together);
  if (parts > 1) addParts(kernels, { from: work, to: dvalues, count: nonZeros }, parts - 1);
}
