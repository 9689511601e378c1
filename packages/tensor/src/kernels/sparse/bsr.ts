import type { Kernels } from '../../runtime/kernels.ts';
import { gemmActivations, type GemmActivation } from '../product.ts';
import { blockCount, GROUP } from './layout.ts';
import { atHome, slicesOf } from './slices.ts';

/** A matrix of dense blocks in compressed block rows, as one product goes: addresses and sizes. */
interface Bsr {
  /** i32[blockRows + 1], where each block row's blocks begin. */
  readonly pointers: number;
  /** i32, the block column of each block. */
  readonly indices: number;
  readonly blockRows: number;
  readonly blockColumns: number;
  /** Rows and columns of a block. */
  readonly height: number;
  readonly width: number;
  readonly blocks: number;
  /** Of the blocks, one after another. */
  readonly values: number;
  readonly batch: number;
}

/** Y[batch, rows] = activation(X[batch, columns]·Sᵀ + bias). */
export interface BsrSpmm extends Bsr {
  /** i32, which of the values' blocks each is; 0 if they lie in order. */
  readonly order?: number;
  /** Whether the values' blocks are the transposes of those of S. */
  readonly transposed?: boolean;
  /** X in blocks of examples. */
  readonly x: number;
  /** Y, in blocks too. */
  readonly y: number;
  /** Address of a value a row, or 0. */
  readonly bias?: number;
  readonly activation?: GemmActivation;
  /** Slope of leakyrelu below 0. */
  readonly slope?: number;
}

export function bsrSpmm(kernels: Kernels, call: BsrSpmm): void {
  const { blockRows, blockColumns, height, width, batch, blocks, transposed = false } = call;
  const rows = blockRows * height;
  if (rows === 0 || batch === 0) return;
  const { threads } = kernels;
  const { words, floats } = threads;
  const copies = blockCount(batch);
  const { slices, grain } = slicesOf(rows, (blocks * height * width + rows) * batch, threads.count, copies);
  const p = threads.parameters();
  words[p] = call.pointers;
  words[p + 1] = call.indices;
  words[p + 2] = call.order ?? 0;
  words[p + 3] = call.values;
  words[p + 4] = call.x;
  words[p + 5] = call.y;
  words[p + 6] = blockRows;
  words[p + 7] = height;
  words[p + 8] = width;
  words[p + 9] = transposed ? 4 : 4 * width;
  words[p + 10] = transposed ? 4 * height : 4;
  words[p + 11] = blockColumns * width;
  words[p + 12] = batch;
  words[p + 13] = slices;
  words[p + 14] = call.bias ?? 0;
  words[p + 15] = gemmActivations[call.activation ?? 'linear'];
  floats[p + 16] = call.slope ?? 0;
  threads.run(kernels.number('f32_bsr_spmm'), slices * copies, atHome(kernels, batch, slices * copies, grain));
}

/** The values of the blocks become the product Dᵀ·X there. */
export interface BsrSddmm extends Bsr {
  /** [batch, rows] in blocks of examples. */
  readonly d: number;
  /** [batch, columns] in blocks of examples. */
  readonly x: number;
}

export function bsrSddmm(kernels: Kernels, call: BsrSddmm): void {
  const { blockRows, blockColumns, height, width, batch, blocks, values } = call;
  const size = blocks * height * width;
  if (size === 0) return;
  if (batch === 0) {
    kernels.heap.floats.fill(0, values >>> 2, (values >>> 2) + size);
    return;
  }
  const { threads } = kernels;
  const { words } = threads;
  const { slices, grain } = slicesOf(blockRows * GROUP, size * batch, threads.count);
  const p = threads.parameters();
  words[p] = call.pointers;
  words[p + 1] = call.indices;
  words[p + 2] = values;
  words[p + 3] = call.d;
  words[p + 4] = call.x;
  words[p + 5] = blockRows;
  words[p + 6] = blockColumns;
  words[p + 7] = height;
  words[p + 8] = width;
  words[p + 9] = batch;
  words[p + 10] = slices;
  threads.run(kernels.number('f32_bsr_sddmm'), slices, grain);
}
