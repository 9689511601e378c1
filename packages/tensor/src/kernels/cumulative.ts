import type { Kernels } from '../runtime/kernels.ts';

/** Elements that a thread should get at least, and columns of an item. */
const SHARE = 8192;
const COLUMNS = 16;

export interface Cumulative {
  readonly x: number;
  readonly to: number;
  readonly outer: number;
  readonly r: number;
  readonly n: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

export type CumulativeKernel = 'f32_cumulative_sum' | 'f32_cumulative_product' | 'i32_cumulative_sum';

/** to[i, k, j] = the sum or product of the x[i, l, j] with l <= k; without k itself if `exclusive`, with l >= k if `reverse`. */
export function cumulative(kernels: Kernels, name: CumulativeKernel, { x, to, outer, r, n, exclusive, reverse }: Cumulative): void {
  if (r === 0) return;
  const { threads } = kernels;
  // Narrower blocks only where there would be too few for the threads.
  const blocks = n === 1 ? 1 : Math.min(Math.ceil(n / COLUMNS), Math.max(Math.ceil(n / 1024), Math.ceil((2 * threads.count) / outer)));
  const width = Math.ceil(n / blocks / COLUMNS) * COLUMNS;
  const items = n === 1 ? Math.ceil(outer / 4) : outer * Math.ceil(n / width);
  threads.words.set([x, to, n, r, +exclusive, +reverse, width, Math.ceil(n / width), outer], threads.parameters());
  threads.run(kernels.number(name), items, Math.ceil(SHARE / (r * (n === 1 ? 4 : Math.min(width, n)))));
}
