import type { Kernels } from '../../runtime/kernels.ts';

/** Y = X·W + bias, where only the rows of W are read whose element of X isn't 0: addresses and sizes. */
export interface ActiveRows {
  /** [batch, rows]. */
  readonly x: number;
  /** [rows, columns]. */
  readonly w: number;
  /** [batch, columns]. */
  readonly y: number;
  readonly batch: number;
  readonly rows: number;
  readonly columns: number;
  /** Address of a value a column, or 0. */
  readonly bias?: number;
  /** i32[batch, rows + 1] for the kernel to work in. */
  readonly work: number;
}

/** Columns of a work item. */
const ITEM = 64;
/** Multiplications below which sharing out costs more than it gives. */
const SMALL = 65536;

export function activeRows(kernels: Kernels, call: ActiveRows): void {
  const { batch, rows, columns } = call;
  const { threads } = kernels;
  const { words } = threads;
  const write = (): void => {
    const p = threads.parameters();
    words[p] = call.x;
    words[p + 1] = call.w;
    words[p + 2] = call.y;
    words[p + 3] = batch;
    words[p + 4] = rows;
    words[p + 5] = columns;
    words[p + 6] = call.bias ?? 0;
    words[p + 7] = call.work;
    words[p + 8] = call.work + 4 * batch * rows;
  };
  write();
  threads.run(kernels.number('f32_active_list'), batch, Math.max(1, Math.ceil(SMALL / Math.max(1, rows))));
  write();
  const counts = (call.work >>> 2) + batch * rows;
  let active = 0;
  for (let example = 0; example < batch; example++) active += kernels.heap.words[counts + example] as number;
  const items = batch * Math.ceil(columns / ITEM);
  threads.run(kernels.number('f32_active_rows'), items, Math.max(1, Math.ceil((SMALL * items) / Math.max(1, active * columns))));
}
