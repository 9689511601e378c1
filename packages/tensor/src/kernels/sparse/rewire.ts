import type { Kernels } from '../../runtime/kernels.ts';

/** A sparse matrix's rows after some non-zeros went and others came: addresses and sizes. */
export interface Rewire {
  readonly pointers: number;
  readonly indices: number;
  readonly rows: number;
  readonly columns: number;
  readonly nonZeros: number;
  /** u8[nonZeros] */
  readonly keep: number;
  /** f64[grownCount] */
  readonly grown: number;
  readonly grownCount: number;
  /** i32[rows + 1] */
  readonly newPointers: number;
}

/** Non-zeros below which sharing out costs more than it gives. */
const SMALL = 16384;

/** Writes where the new rows begin; returns how many non-zeros there will be, or -1 if the positions that grew don't rise from 0 to the last. */
export function rewireCount(kernels: Kernels, call: Rewire): number {
  if (!run(kernels, 'i32_rewire_count', call, 0, 0)) return -1;
  const { words } = kernels.heap;
  const first = call.newPointers / 4;
  words[first] = 0;
  for (let row = 1; row <= call.rows; row++) words[first + row] = (words[first + row] as number) + (words[first + row - 1] as number);
  return words[first + call.rows] as number;
}

/** Writes the new columns, and where each came from; after {@link rewireCount}. Returns whether no position that grew stays anyway. */
export function rewire(kernels: Kernels, call: Rewire, newIndices: number, from: number): boolean {
  return run(kernels, 'i32_rewire', call, newIndices, from);
}

/** Whether nothing was wrong with what grew. */
function run(kernels: Kernels, name: string, call: Rewire, newIndices: number, from: number): boolean {
  const { rows, nonZeros, grownCount } = call;
  const { threads } = kernels;
  const { words } = threads;
  const p = threads.parameters();
  words[p] = call.pointers;
  words[p + 1] = call.indices;
  words[p + 2] = call.keep;
  words[p + 3] = call.grown;
  words[p + 4] = grownCount;
  words[p + 5] = call.columns;
  words[p + 6] = call.newPointers;
  words[p + 7] = newIndices;
  words[p + 8] = from;
  words[p + 9] = 0;
  words[p + 10] = rows;
  threads.run(kernels.number(name), rows, Math.max(1, Math.ceil((SMALL * rows) / Math.max(1, nonZeros + grownCount))));
  return words[p + 9] === 0;
}

/** Values in the order of new non-zeros: addresses and sizes. */
export interface Move {
  /** i32[count], the number of each before, or -1 - i for the i-th of what grew. */
  readonly from: number;
  readonly count: number;
  readonly values: number;
  /** f32, or 0: then what grew is 0. */
  readonly grown: number;
  readonly to: number;
  /** Values at `to`; those past `count` become 0. */
  readonly size: number;
}

/** Values of a work item. */
const ITEM = 4096;

export function move(kernels: Kernels, call: Move): void {
  const { threads } = kernels;
  const { words } = threads;
  const p = threads.parameters();
  words[p] = call.from;
  words[p + 1] = call.count;
  words[p + 2] = call.values;
  words[p + 3] = call.grown;
  words[p + 4] = call.to;
  words[p + 5] = call.size;
  threads.run(kernels.number('f32_move'), Math.ceil(call.size / ITEM), 2);
}
