import type { Kernels } from '../../runtime/kernels.ts';
import { slicesOf } from './slices.ts';

/** values[q] = sum over the batch of D[row(q)]·X[column(q)], D and X in blocks: addresses and sizes. */
export interface Sddmm {
  readonly pointers: number;
  readonly indices: number;
  readonly values: number;
  /** [batch, rows] in blocks. */
  readonly d: number;
  /** [batch, columns] in blocks. */
  readonly x: number;
  readonly rows: number;
  readonly columns: number;
  readonly batch: number;
  readonly nonZeros: number;
}

export function sddmm(kernels: Kernels, call: Sddmm): void {
  const { rows, columns, batch, nonZeros, values } = call;
  if (nonZeros === 0) return;
  if (batch === 0) {
    kernels.heap.floats.fill(0, values >>> 2, (values >>> 2) + nonZeros);
    return;
  }
  const { threads } = kernels;
  const { words } = threads;
  const { slices, grain } = slicesOf(rows, nonZeros * batch, threads.count);
  const p = threads.parameters();
  words[p] = call.pointers;
  words[p + 1] = call.indices;
  words[p + 2] = values;
  words[p + 3] = call.d;
  words[p + 4] = call.x;
  words[p + 5] = rows;
  words[p + 6] = columns;
  words[p + 7] = batch;
  words[p + 8] = slices;
  threads.run(kernels.number('f32_sddmm'), slices, grain);
}
