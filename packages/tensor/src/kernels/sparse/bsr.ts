import type { Kernels } from '../../runtime/kernels.ts';
import { gemmActivations, type GemmActivation } from '../product.ts';
import { backwardParts } from './backward.ts';
import { blockCount } from './layout.ts';
import { addParts } from './permute.ts';
import { slicesOf } from './slices.ts';

/** A matrix S of dense blocks in compressed block rows, as a product goes by it, and the batch it goes with: addresses and sizes. */
export interface Bsr {
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
  /** i32, which of the values' blocks each is; 0 if they lie in order. */
  readonly order?: number;
  /** Whether the values' blocks are the transposes of those of S. */
  readonly transposed?: boolean;
  readonly batch: number;
  /** [batch, columns] in blocks of examples. */
  readonly x: number;
}

/** Y = activation(X·Sᵀ + bias). */
export interface BsrProduct {
  /** Of the blocks, one after another. */
  readonly values: number;
  /** [batch, rows] in blocks of examples. */
  readonly y: number;
  /** Address of a value a row, or 0. */
  readonly bias?: number;
  readonly activation?: GemmActivation;
  /** Slope of leakyrelu below 0. */
  readonly slope?: number;
}

/** dvalues = Aᵀ·X at the blocks. */
export interface BsrGradients {
  /** [batch, rows] in blocks of examples. */
  readonly a: number;
  readonly dvalues: number;
  /** Room for {@link backwardParts} - 1 times the values. */
  readonly work: number;
}

/** Y = activation(X·Sᵀ + bias). */
export function bsrSpmm(kernels: Kernels, call: Bsr & BsrProduct): void {
  run(kernels, call);
}

/** dvalues = Aᵀ·X at the blocks. */
export function bsrSddmm(kernels: Kernels, call: Bsr & BsrGradients): void {
  run(kernels, call);
}

/** Both at once, reading X once. */
export function bsrBackward(kernels: Kernels, call: Bsr & BsrProduct & BsrGradients): void {
  run(kernels, call);
}

function run(kernels: Kernels, call: Bsr & Partial<BsrProduct> & Partial<BsrGradients>): void {
  const { blockRows, blockColumns, height, width, batch, blocks, transposed = false, y = 0, dvalues = 0 } = call;
  const rows = blockRows * height;
  const count = blocks * height * width;
  if (batch === 0) {
    if (dvalues !== 0) kernels.heap.floats.fill(0, dvalues >>> 2, (dvalues >>> 2) + count);
    return;
  }
  if (rows === 0) return;
  const { threads } = kernels;
  const { words, floats } = threads;
  // As many parts as the gradients have where there are any; else each thread's blocks of examples are a part.
  const parts = dvalues !== 0 ? backwardParts(kernels, batch, count) : blockCount(batch) % threads.count === 0 ? threads.count : 1;
  const products = (y !== 0 ? 1 : 0) + (dvalues !== 0 ? 1 : 0);
  const { slices, grain } = slicesOf(rows, (products * count + rows) * batch, threads.count, parts);
  const p = threads.parameters();
  words[p] = call.pointers;
  words[p + 1] = call.indices;
  words[p + 2] = call.order ?? 0;
  words[p + 3] = call.values ?? 0;
  words[p + 4] = call.x;
  words[p + 5] = y;
  words[p + 6] = blockRows;
  words[p + 7] = height;
  words[p + 8] = width;
  words[p + 9] = transposed ? 4 : 4 * width;
  words[p + 10] = transposed ? 4 * height : 4;
  words[p + 11] = blockColumns * width;
  words[p + 12] = batch;
  words[p + 13] = slices;
  words[p + 14] = parts;
  words[p + 15] = call.bias ?? 0;
  words[p + 16] = gemmActivations[call.activation ?? 'linear'];
  floats[p + 17] = call.slope ?? 0;
  words[p + 18] = call.a ?? 0;
  words[p + 19] = dvalues;
  words[p + 20] = call.work ?? 0;
  words[p + 21] = 4 * count;
  // Parts stay whole, so that a thread's examples are in its own cache.
  threads.run(kernels.number('f32_bsr'), slices * parts, parts > 1 ? Math.max(grain, (slices * parts) / threads.count) : grain);
  if (dvalues !== 0 && parts > 1) addParts(kernels, { from: call.work as number, to: dvalues, count }, parts - 1);
}
