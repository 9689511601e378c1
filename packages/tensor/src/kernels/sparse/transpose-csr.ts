import type { Kernels } from '../../runtime/kernels.ts';

/** A sparse matrix's columns as compressed rows: addresses and sizes. */
export interface TransposeCsr {
  readonly pointers: number;
  readonly indices: number;
  readonly rows: number;
  readonly columns: number;
  readonly nonZeros: number;
  /** Where the columns' pointers go, i32[columns + 1], their rows, and each non-zero's number in the rows. */
  readonly acrossPointers: number;
  readonly acrossIndices: number;
  readonly permutation: number;
}

/** Non-zeros below which sharing out costs more than it gives. */
const SMALL = 16384;

export function transposeCsr(kernels: Kernels, call: TransposeCsr): void {
  const { nonZeros } = call;
  const { threads } = kernels;
  const { words } = threads;
  const p = threads.parameters();
  words[p] = call.pointers;
  words[p + 1] = call.indices;
  words[p + 2] = call.rows;
  words[p + 3] = call.columns;
  words[p + 4] = call.acrossPointers;
  words[p + 5] = call.acrossIndices;
  words[p + 6] = call.permutation;
  // Each stretch of columns looks for its part of every row, so that there are no more of them than threads.
  const stretches = nonZeros < SMALL ? 1 : Math.max(1, Math.min(threads.count, call.columns));
  words[p + 7] = stretches;
  threads.run(kernels.number('i32_transpose_csr'), stretches, 1);
}
