import type { Kernels } from '../runtime/kernels.ts';

/** Bytes that a thread should get at least. */
const SHARE = 65536;

export interface OneHot {
  /** Address of the indices, int32. */
  readonly indices: number;
  readonly to: number;
  readonly rows: number;
  readonly depth: number;
  /** Bytes of an element. */
  readonly width: 1 | 4;
  /** Words: an element of 4 bytes, or one of a byte four times. */
  readonly on: number;
  readonly off: number;
}

/** to[i, j] = on where j = indices[i], else off. */
export function oneHot(kernels: Kernels, { indices, to, rows, depth, width, on, off }: OneHot): void {
  const { threads } = kernels;
  if (depth === 0) return;
  threads.words.set([indices, to, depth, width >> 1, on, off], threads.parameters());
  threads.run(kernels.number('one_hot'), rows, Math.ceil(SHARE / (depth * width)));
}
