import type { Kernels } from '../../runtime/kernels.ts';
import { gemmActivations } from '../product.ts';
import { blockCount } from './layout.ts';
import { atHome, slicesOf } from './slices.ts';
import type { Spmm } from './spmm.ts';

/** Y[batch, rows] = activation((X - zero)·Sᵀ · inputScale · scales + bias) of 8-bit integers; `values` and `x` are addresses of bytes. */
export interface Qs8Spmm extends Spmm {
  /** f32[rows]. */
  readonly scales: number;
  /** i32[rows], each row's sum of values. */
  readonly sums: number;
  readonly inputScale: number;
  readonly zero: number;
}

export function qs8Spmm(kernels: Kernels, call: Qs8Spmm): void {
  const { rows, columns, batch, nonZeros } = call;
  if (rows === 0 || batch === 0) return;
  const { threads } = kernels;
  const { words, floats } = threads;
  const blocks = blockCount(batch);
  const { slices, grain } = slicesOf(rows, (nonZeros + rows) * batch, threads.count, blocks);
  const p = threads.parameters();
  words.set([call.pointers, call.indices, call.values, call.x, call.y, rows, columns, batch, slices, call.bias ?? 0], p);
  words[p + 10] = gemmActivations[call.activation ?? 'linear'];
  floats[p + 11] = call.slope ?? 0;
  words[p + 12] = call.scales;
  words[p + 13] = call.sums;
  floats[p + 14] = call.inputScale;
  words[p + 15] = call.zero;
  threads.run(kernels.number('qs8_spmm'), slices * blocks, atHome(kernels, batch, slices * blocks, grain));
}
