import type { Kernels } from '../runtime/kernels.ts';

/** Bytes of a work item: see wasm/dense/fill.ts. */
const ITEM = 65536;

/** Writes `word`, 4 bytes, over `bytes` bytes from `to` on; four equal bytes fill elements of one byte. */
export function fill(kernels: Kernels, to: number, bytes: number, word: number): void {
  const { threads } = kernels;
  const p = threads.parameters();
  threads.words[p] = to;
  threads.words[p + 1] = word;
  threads.words[p + 2] = bytes;
  threads.run(kernels.number('b32_fill'), Math.ceil(bytes / ITEM), 2);
}
