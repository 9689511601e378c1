import type { Kernels } from '../../runtime/kernels.ts';

/** A sparse matrix's columns as compressed rows: addresses and sizes. */
export interface TransposeCsr {
  readonly pointers: number;
  readonly indices: number;
  readonly rows: number;
  readonly columns: number;
  /** Where the columns' pointers go, i32[columns + 1], their rows, and each non-zero's number in the rows. */
  readonly acrossPointers: number;
  readonly acrossIndices: number;
  readonly permutation: number;
}

export function transposeCsr(kernels: Kernels, call: TransposeCsr): void {
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
  threads.run(kernels.number('i32_transpose_csr'), 1, 1);
}
