import type { Kernels } from '../../runtime/kernels.ts';
import { blockCount, GROUP } from './layout.ts';

/** Slices for each thread, so that one that is held up leaves little behind. */
const SLICES_PER_THREAD = 8;
/** Multiplications below which sharing out costs more than it gives. */
const SMALL = 65536;

/** How many slices of about as many non-zeros the rows are cut into, and how many a thread takes at least. */
export function slicesOf(
  rows: number,
  multiplications: number,
  threads: number,
  copies = 1,
): { readonly slices: number; readonly grain: number } {
  const slices = Math.max(1, Math.min(Math.ceil(rows / GROUP), Math.ceil((SLICES_PER_THREAD * threads) / copies)));
  return { slices, grain: Math.max(1, Math.ceil((SMALL * slices * copies) / Math.max(1, multiplications))) };
}

/**
 * How many of the `items` of a kernel that goes by blocks of examples, block after block, a thread takes at once: all of
 * its blocks where the threads can have as many each, so that from kernel to kernel they stay in the cache of one core.
 */
export function atHome({ threads }: Kernels, batch: number, items: number, grain: number): number {
  return Math.max(1, grain, blockCount(batch) % threads.count === 0 ? items / threads.count : 1);
}
