import type { Kernels } from '../runtime/kernels.ts';

export interface ArgExtremum {
  readonly x: number;
  readonly to: number;
  readonly outer: number;
  readonly r: number;
  readonly n: number;
}

/** to[i, j] = the first k at which x[i, k, j] is largest (or smallest), 0 <= k < r, j < n. */
export function argExtremum(kernels: Kernels, largest: boolean, { x, to, outer, r, n }: ArgExtremum): void {
  const { threads } = kernels;
  const p = threads.parameters();
  const { words } = threads;
  words[p] = x;
  words[p + 1] = to;
  words[p + 2] = r;
  words[p + 3] = n;
  threads.run(kernels.number(largest ? 'f32_argmax' : 'f32_argmin'), outer, Math.ceil(16384 / (r * n)));
}
