import type { Kernels } from '../runtime/kernels.ts';

/** Elements of the table that a work item should have at least, and work items for each thread. */
const SHARE = 16384;
const ITEMS = 4;

export interface EmbeddingGradient {
  /** Addresses of dy [count, width], of ids [count] as int32, each a row's number, and of the result [rows, width]. */
  readonly dy: number;
  readonly ids: number;
  readonly to: number;
  readonly count: number;
  readonly width: number;
  readonly rows: number;
}

/** to[r, :] = the sum of dy[i, :] over the i with ids[i] = r, in their order. */
export function embeddingGradient(kernels: Kernels, { dy, ids, to, count, width, rows }: EmbeddingGradient): void {
  if (rows * width === 0) return;
  const { threads } = kernels;
  const part = Math.ceil(rows / Math.min(rows, Math.ceil((rows * width) / SHARE), threads.count * ITEMS));
  threads.words.set([dy, ids, to, count, width, rows, part], threads.parameters());
  threads.run(kernels.number('f32_embedding_gradient'), Math.ceil(rows / part), 1);
}
