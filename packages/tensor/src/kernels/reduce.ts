import type { Kernels } from '../runtime/kernels.ts';

export type Reduction = 'f32_sum' | 'f32_product' | 'f32_max' | 'f32_min' | 'i32_sum' | 'i32_max' | 'i32_min';

const names: Record<Reduction, readonly [rows: string, columns: string]> = {
  f32_sum: ['f32_sum_rows', 'f32_sum_columns'],
  f32_product: ['f32_product_rows', 'f32_product_columns'],
  f32_max: ['f32_max_rows', 'f32_max_columns'],
  f32_min: ['f32_min_rows', 'f32_min_columns'],
  i32_sum: ['i32_sum_rows', 'i32_sum_columns'],
  i32_max: ['i32_max_rows', 'i32_max_columns'],
  i32_min: ['i32_min_rows', 'i32_min_columns'],
};

/** Elements of a run, and rows of a column, that one work item reduces; the parts are reduced in turn. */
const RUN_PIECE = 8192;
const COLUMN_PIECE = 1024;
/** Elements that a thread should get at least. */
const SHARE = 16384;
/** Rows narrower than this are taken several at a time. */
const NARROW = 64;

/**
 * Reduces the axes of `x` for which `reduced` holds and divides by `divisor`; no axis may be empty.
 *
 * Every element takes part in at most 256 + 4·log2(n) operations one after another, n being how many are reduced, so a
 * float sum's error is at most about (256 + 4·log2(n))·2^-24·sum(|x|), and on average far less.
 */
export function reduce(
  kernels: Kernels,
  reduction: Reduction,
  x: number,
  to: number,
  shape: readonly number[],
  reduced: (axis: number) => boolean,
  divisor = 1,
): void {
  // Neighbouring axes of one kind, merged: kept and reduced ones in turn.
  const sizes: number[] = [];
  const kinds: boolean[] = [];
  for (let axis = 0; axis < shape.length; axis++) {
    const size = shape[axis] as number;
    if (size === 1) continue;
    const last = sizes.length - 1;
    if (last >= 0 && kinds[last] === reduced(axis)) sizes[last] = (sizes[last] as number) * size;
    else {
      sizes.push(size);
      kinds.push(reduced(axis));
    }
  }
  let from = x;
  let axis = kinds.lastIndexOf(true);
  if (axis < 0) rows(kernels, reduction, x, to, product(sizes), 1, divisor);
  while (axis >= 0) {
    const [outer, r, inner] = [product(sizes.slice(0, axis)), sizes[axis] as number, product(sizes.slice(axis + 1))];
    sizes.splice(axis, 1);
    kinds.splice(axis, 1);
    const next = kinds.lastIndexOf(true);
    const bytes = outer * inner * 4;
    const target = next < 0 ? to : kernels.heap.allocate(bytes);
    const by = next < 0 ? divisor : 1;
    if (inner === 1) rows(kernels, reduction, from, target, outer, r, by);
    else columns(kernels, reduction, from, target, outer, r, inner, by);
    if (from !== x) kernels.heap.release(from, outer * r * inner * 4);
    from = target;
    axis = next;
  }
}

const product = (sizes: readonly number[]): number => sizes.reduce((result, size) => result * size, 1);

/** to[i] = the reduction of x[i, 0..n). */
function rows(kernels: Kernels, reduction: Reduction, x: number, to: number, count: number, n: number, divisor: number): void {
  const { threads, heap } = kernels;
  const pieces = Math.ceil(n / RUN_PIECE);
  const bytes = count * pieces * 4;
  const target = pieces > 1 ? heap.allocate(bytes) : to;
  const p = threads.parameters();
  const { words } = threads;
  words[p] = x;
  words[p + 1] = target;
  words[p + 2] = n;
  words[p + 3] = RUN_PIECE;
  words[p + 4] = pieces;
  threads.floats[p + 5] = pieces > 1 ? 1 : divisor;
  threads.run(kernels.number(names[reduction][0]), count * pieces, Math.ceil(SHARE / Math.min(n, RUN_PIECE)));
  if (pieces === 1) return;
  rows(kernels, reduction, target, to, count, pieces, divisor);
  heap.release(target, bytes);
}

/** to[i, j] = the reduction of x[i, 0..r, j], j < n. */
function columns(
  kernels: Kernels,
  reduction: Reduction,
  x: number,
  to: number,
  outer: number,
  r: number,
  n: number,
  divisor: number,
): void {
  if (outer === 1 && n < NARROW && r >= 2 * NARROW) {
    narrowColumns(kernels, reduction, x, to, r, n, divisor);
    return;
  }
  const { threads, heap } = kernels;
  const pieces = Math.ceil(r / COLUMN_PIECE);
  const bytes = outer * pieces * n * 4;
  const target = pieces > 1 ? heap.allocate(bytes) : to;
  const lines = outer * pieces;
  // Narrower blocks only where there would be too few for the threads.
  const blocks = Math.ceil(n / (lines >= 4 * threads.count ? 1024 : Math.min(1024, Math.max(64, Math.ceil(n / (4 * threads.count))))));
  const width = (Math.ceil(n / blocks) + 15) & -16;
  const items = Math.ceil(n / width);
  const p = threads.parameters();
  const { words } = threads;
  words[p] = x;
  words[p + 1] = target;
  words[p + 2] = n;
  words[p + 3] = COLUMN_PIECE;
  words[p + 4] = pieces;
  threads.floats[p + 5] = pieces > 1 ? 1 : divisor;
  words[p + 6] = r;
  words[p + 7] = width;
  words[p + 8] = items;
  threads.run(kernels.number(names[reduction][1]), lines * items, Math.ceil(SHARE / (Math.min(width, n) * Math.min(r, COLUMN_PIECE))));
  if (pieces === 1) return;
  columns(kernels, reduction, target, to, outer, pieces, n, divisor);
  heap.release(target, bytes);
}

/** Columns too few to fill a cache line: several rows are taken as one, and what that leaves is reduced with the rest of the rows. */
function narrowColumns(kernels: Kernels, reduction: Reduction, x: number, to: number, r: number, n: number, divisor: number): void {
  const { heap } = kernels;
  const together = Math.ceil(NARROW / n);
  const wide = Math.floor(r / together);
  const rest = r - wide * together;
  const bytes = (together + rest) * n * 4;
  const parts = heap.allocate(bytes);
  columns(kernels, reduction, x, parts, 1, wide, together * n, 1);
  const tail = x + wide * together * n * 4;
  heap.bytes.copyWithin(parts + together * n * 4, tail, tail + rest * n * 4);
  columns(kernels, reduction, parts, to, 1, together + rest, n, divisor);
  heap.release(parts, bytes);
}
