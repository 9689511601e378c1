import type { Kernels } from '../runtime/kernels.ts';

/** Elements that a thread should get at least. */
const SHARE = 4096;
/** Bytes of a thread's scratch that what is kept of a row may take: see wasm/dense/top-k.ts. */
const ROOM = 2 ** 20 - 1024;

export interface TopK {
  readonly x: number;
  /** Addresses of [rows, k] values and int32 indices. */
  readonly values: number;
  readonly indices: number;
  readonly rows: number;
  readonly n: number;
  /** At least 1, at most `n`. */
  readonly k: number;
  readonly type: 'f32' | 'i32';
}

/**
 * The `k` largest of each row and where they are, the largest first, of equal ones the earlier first; NaN is larger than all numbers.
 */
export function topK(kernels: Kernels, { x, values, indices, rows, n, k, type }: TopK): void {
  const { threads } = kernels;
  const capacity = Math.min(n, Math.max(256, 4 * k));
  const bytes = 16 * capacity;
  // Rows of which too much is kept for the scratch: one a thread at a time.
  const together = bytes > ROOM ? threads.count : rows;
  const work = bytes > ROOM ? kernels.workspace(bytes * Math.min(together, rows)) : 0;
  for (let row = 0; row < rows; row += together) {
    const done = 4 * row * k;
    const count = Math.min(together, rows - row);
    threads.words.set(
      [x + 4 * row * n, values + done, indices + done, n, k, type === 'f32' ? -1 : 0, capacity, work],
      threads.parameters(),
    );
    threads.run(kernels.number('top_k'), count, Math.ceil(SHARE / n));
  }
}
