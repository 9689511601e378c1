import type { Kernels } from '../../runtime/kernels.ts';

/** Sizes above a threshold in some rows of a dense gradient, but for non-zeros that stay: addresses and sizes. */
export interface AbsentAbove {
  /** f32[rows, columns]; places of non-zeros that stay become NaN. */
  readonly gradient: number;
  /** i32, where each row's non-zeros begin, of the whole matrix. */
  readonly pointers: number;
  readonly indices: number;
  /** u8, 1 for each non-zero of the whole matrix that stays. */
  readonly keep: number;
  readonly rows: number;
  readonly columns: number;
  readonly threshold: number;
  /** Room for rows · (columns + 2) sizes, and for their columns, i32. */
  readonly sizes: number;
  readonly places: number;
  /** i32[rows, 2]: where among these each row's begin, and how many there are. */
  readonly spans: number;
  /** i32[rows], which rows of the whole matrix these are. */
  readonly list: number;
}

/** Values below which sharing out costs more than it gives. */
const GRAIN = 32768;

export function absentAbove(kernels: Kernels, call: AbsentAbove): void {
  const { rows, columns } = call;
  const { threads } = kernels;
  write(kernels, call);
  threads.run(kernels.number('f32_absent_above'), rows, Math.max(1, Math.ceil(GRAIN / Math.max(1, columns))));
}

/** Where what {@link absentAbove} found is gathered: addresses. */
export interface Gathered {
  /** f32 */
  readonly toSizes: number;
  /** f64, row · columns + column */
  readonly toPositions: number;
  /** i32, where the count of what was found goes. */
  readonly found: number;
}

/** Puts what was found in all rows behind one another. */
export function gatherAbsent(kernels: Kernels, call: AbsentAbove, { toSizes, toPositions, found }: Gathered): void {
  const { threads } = kernels;
  const p = write(kernels, call);
  threads.words[p + 11] = toSizes;
  threads.words[p + 12] = toPositions;
  threads.words[p + 13] = found;
  threads.run(kernels.number('f32_gather_absent'), 1, 1);
}

function write({ threads }: Kernels, call: AbsentAbove): number {
  const { rows, columns } = call;
  const { words, floats } = threads;
  const p = threads.parameters();
  words[p] = call.gradient;
  words[p + 1] = call.pointers;
  words[p + 2] = call.indices;
  words[p + 3] = call.keep;
  words[p + 4] = rows;
  words[p + 5] = columns;
  floats[p + 6] = call.threshold;
  words[p + 7] = call.sizes;
  words[p + 8] = call.places;
  words[p + 9] = call.spans;
  words[p + 10] = call.list;
  return p;
}
