import type { Kernels } from '../../runtime/kernels.ts';
import { gemmActivations, type GemmActivation } from '../product.ts';
import { blockCount } from './layout.ts';

/** Y[batch, rows] = activation(X[batch, columns]·Sᵀ + bias): addresses and sizes. */
export interface Spmm {
  /** i32[rows + 1], where each row's non-zeros begin. */
  readonly pointers: number;
  /** i32, the column of each non-zero. */
  readonly indices: number;
  readonly values: number;
  /** i32, where in `values` each non-zero's value is; 0 if they lie in order. */
  readonly permutation?: number;
  /** X in blocks. */
  readonly x: number;
  /** Y, row-major or in blocks. */
  readonly y: number;
  readonly inBlocks?: boolean;
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

/** Rows that belong together. */
const GROUP = 16;
/** Slices of a block for each thread, so that one that is held up leaves little behind. */
const SLICES_PER_THREAD = 8;
/** Multiplications below which sharing out costs more than it gives. */
const SMALL = 65536;

export function spmm(kernels: Kernels, call: Spmm): void {
  const { rows, columns, batch, nonZeros } = call;
  if (rows === 0 || batch === 0) return;
  const { threads } = kernels;
  const { words, floats } = threads;
  const blocks = blockCount(batch);
  const slices = Math.max(1, Math.min(Math.ceil(rows / GROUP), Math.ceil((SLICES_PER_THREAD * threads.count) / blocks)));
  const p = threads.parameters();
  words[p] = call.pointers;
  words[p + 1] = call.indices;
  words[p + 2] = call.values;
  words[p + 3] = call.permutation ?? 0;
  words[p + 4] = call.x;
  words[p + 5] = call.y;
  words[p + 6] = rows;
  words[p + 7] = columns;
  words[p + 8] = batch;
  words[p + 9] = slices;
  words[p + 10] = call.inBlocks ? 1 : 0;
  words[p + 11] = call.bias ?? 0;
  words[p + 12] = gemmActivations[call.activation ?? 'linear'];
  floats[p + 13] = call.slope ?? 0;
  const items = slices * blocks;
  threads.run(kernels.number('f32_spmm'), items, Math.max(1, Math.ceil((SMALL * items) / ((nonZeros + rows) * batch))));
}
