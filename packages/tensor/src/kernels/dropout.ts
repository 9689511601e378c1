import type { Kernels } from '../runtime/kernels.ts';

/** Elements of a work item: see wasm/dense/dropout.ts. */
const ITEM = 4096;

/** Addresses and numbers of a call. */
export interface Dropout {
  readonly x: number;
  readonly to: number;
  readonly count: number;
  /** The two words of a random key. */
  readonly key: readonly [number, number];
  /** Elements whose random word is below this, of 2^32, become 0. */
  readonly threshold: number;
  /** Factor of the others. */
  readonly scale: number;
}

/** to[i] = word i of the key's stream < threshold ? 0 : scale·x[i]; see random/bits.ts for the words. */
export function dropout(kernels: Kernels, { x, to, count, key, threshold, scale }: Dropout): void {
  const { threads } = kernels;
  const p = threads.parameters();
  threads.words[p] = x;
  threads.words[p + 1] = to;
  threads.words[p + 2] = count;
  threads.words[p + 3] = key[0];
  threads.words[p + 4] = key[1];
  threads.words[p + 5] = threshold;
  threads.floats[p + 6] = scale;
  threads.run(kernels.number('f32_dropout'), Math.ceil(count / ITEM), 1);
}
