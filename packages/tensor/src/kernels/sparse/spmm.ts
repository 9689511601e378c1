import type { Kernels } from '../../runtime/kernels.ts';
import { gemmActivations, type GemmActivation } from '../product.ts';
import { blockCount } from './layout.ts';
import { atHome, slicesOf } from './slices.ts';

/** Y[batch, rows] = activation(X[batch, columns]·Sᵀ + bias): addresses and sizes. */
export interface Spmm {
  /** i32[rows + 1], where each row's non-zeros begin. */
  readonly pointers: number;
  /** i32, the column of each non-zero. */
  readonly indices: number;
  readonly values: number;
  /** X in blocks. */
  readonly x: number;
  /** Y, in blocks too. */
  readonly y: number;
  readonly rows: number;
  readonly columns: number;
  readonly batch: number;
  readonly nonZeros: number;
  /** Address of a value a row, or 0. */
  readonly bias?: number;
  readonly activation?: GemmActivation;
  /** Slope of leakyrelu below 0. */
  readonly slope?: number;
}

export function spmm(kernels: Kernels, call: Spmm): void {
  const { rows, columns, batch, nonZeros } = call;
  if (rows === 0 || batch === 0) return;
  const { threads } = kernels;
  const { words, floats } = threads;
  const blocks = blockCount(batch);
  const { slices, grain } = slicesOf(rows, (nonZeros + rows) * batch, threads.count, blocks);
  const p = threads.parameters();
  words[p] = call.pointers;
  words[p + 1] = call.indices;
  words[p + 2] = call.values;
  words[p + 3] = call.x;
  words[p + 4] = call.y;
  words[p + 5] = rows;
  words[p + 6] = columns;
  words[p + 7] = batch;
  words[p + 8] = slices;
  words[p + 9] = call.bias ?? 0;
  words[p + 10] = gemmActivations[call.activation ?? 'linear'];
  floats[p + 11] = call.slope ?? 0;
  threads.run(kernels.number('f32_spmm'), slices * blocks, atHome(kernels, batch, slices * blocks, grain));
}
