import type { Kernels } from '../../runtime/kernels.ts';

/** A row-major matrix f32[rows, columns]: addresses and sizes. */
export interface Columns {
  readonly from: number;
  readonly rows: number;
  readonly columns: number;
  readonly to: number;
}

/** Columns of a work item of the sums of squares. */
const ITEM = 16;
/** Elements below which sharing out costs more than it gives. */
const GRAIN = 16384;

/** to[c] = the sum over rows r of from[r][c]², f64[columns]. */
export function columnSquares(kernels: Kernels, call: Columns): void {
  run(kernels, 'f64_column_squares', call, 0, 0, Math.ceil(call.columns / ITEM), ITEM * call.rows);
}

/** to[r][i] = from[r][list[i]], f32[rows, count], for an i32[count] of columns. */
export function takeColumns(kernels: Kernels, call: Columns & { readonly list: number; readonly count: number }): void {
  run(kernels, 'f32_take_columns', call, call.list, call.count, call.rows, call.count);
}

function run(
  kernels: Kernels,
  name: string,
  { from, rows, columns, to }: Columns,
  list: number,
  count: number,
  items: number,
  elements: number,
): void {
  const { threads } = kernels;
  const { words } = threads;
  const p = threads.parameters();
  words[p] = from;
  words[p + 1] = rows;
  words[p + 2] = columns;
  words[p + 3] = to;
  words[p + 4] = list;
  words[p + 5] = count;
  threads.run(kernels.number(name), items, Math.max(1, Math.ceil(GRAIN / Math.max(1, elements))));
}
