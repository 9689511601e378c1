import type { Kernels } from '../../runtime/kernels.ts';

/** Sizes above a threshold in some rows of a dense gradient, but for non-zeros that stay: addresses and sizes. */
export interface AbsentAbove {
  /** f32[rows, columns]; places of non-zeros that stay become NaN. */
  readonly gradient: number;
  /** i32, where the non-zeros of the first of these rows begin, and so on. */
  readonly pointers: number;
  readonly indices: number;
  /** u8, 1 for each non-zero of the whole matrix that stays. */
  readonly keep: number;
  readonly rows: number;
  readonly columns: number;
  readonly threshold: number;
  /** f32[rows, columns]: each row's sizes above the threshold come first. */
  readonly sizes: number;
  /** i32[rows, columns]: their columns. */
  readonly places: number;
  /** i32[rows]: how many. */
  readonly counts: number;
}

/** Values below which sharing out costs more than it gives. */
const GRAIN = 32768;

export function absentAbove(kernels: Kernels, call: AbsentAbove): void {
  const { rows, columns } = call;
  const { threads } = kernels;
  write(kernels, call);
  threads.run(kernels.number('f32_absent_above'), rows, Math.max(1, Math.ceil(GRAIN / Math.max(1, columns))));
}

/** Where what {@link absentAbove} found is gathered: addresses, and the position of the first row. */
export interface Gathered {
  /** f32 */
  readonly toSizes: number;
  /** f64 */
  readonly toPositions: number;
  readonly first: number;
  /** i32, where the count of what was found goes. */
  readonly found: number;
}

/** Puts what was found in all rows behind one another. */
export function gatherAbsent(kernels: Kernels, call: AbsentAbove, { toSizes, toPositions, first, found }: Gathered): void {
  const { threads } = kernels;
  const p = write(kernels, call);
  threads.words[p + 10] = toSizes;
  threads.words[p + 11] = toPositions;
  // A double of two words, the lower one first.
  threads.words.set(new Int32Array(Float64Array.of(first).buffer), p + 12);
  threads.words[p + 14] = found;
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
  words[p + 9] = call.counts;
  return p;
}
