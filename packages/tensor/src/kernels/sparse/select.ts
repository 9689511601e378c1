import type { Kernels } from '../../runtime/kernels.ts';
import type { Compared } from '../reference/sparse/keep-largest.ts';

/** Flags of the k largest of some values: addresses and sizes. */
export interface KeepLargest {
  readonly values: number;
  readonly count: number;
  /** From 1 to `count`. */
  readonly k: number;
  readonly by: Compared;
  /** Where they go, u8[count]. */
  readonly keep: number;
}

export function keepLargest(kernels: Kernels, call: KeepLargest): void {
  const { threads } = kernels;
  const { words } = threads;
  const p = threads.parameters();
  words[p] = call.values;
  words[p + 1] = call.count;
  words[p + 2] = call.k;
  words[p + 3] = { value: 0, magnitude: 1, negated: 2 }[call.by];
  words[p + 4] = call.keep;
  threads.run(kernels.number('f32_keep_largest'), 1, 1);
}

/** Writes the size of the k-th largest of `count` sizes, 1 <= k <= count, to the address `to`. */
export function kthLargest(kernels: Kernels, { values, count, k, to }: { values: number; count: number; k: number; to: number }): void {
  const { threads } = kernels;
  const { words } = threads;
  const p = threads.parameters();
  words[p] = values;
  words[p + 1] = count;
  words[p + 2] = k;
  words[p + 3] = to;
  threads.run(kernels.number('f32_kth_largest'), 1, 1);
}

/** Sizes and their positions, of which the k largest come to the front in the order they have: addresses and sizes. */
export interface Largest {
  readonly sizes: number;
  /** f64 */
  readonly positions: number;
  readonly count: number;
  readonly k: number;
  /** i32, where the number of those that are left goes. */
  readonly left: number;
  /** f64[k], where their positions go, if not to the front of `positions`. */
  readonly leftPositions?: number;
}

export function largest(kernels: Kernels, call: Largest): void {
  const { threads } = kernels;
  const { words } = threads;
  const p = threads.parameters();
  words[p] = call.sizes;
  words[p + 1] = call.count;
  words[p + 2] = call.k;
  words[p + 3] = call.positions;
  words[p + 4] = call.left;
  words[p + 5] = call.leftPositions ?? call.positions;
  threads.run(kernels.number('f32_largest'), 1, 1);
}
