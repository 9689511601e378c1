import type { Kernels } from '../../runtime/kernels.ts';

/** Values in another order: addresses and sizes. */
export interface Permute {
  /** i32[count], the number of each value in the old order. */
  readonly permutation: number;
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Values of a work item. */
const ITEM = 4096;

/** to[i] = from[permutation[i]]. */
export function gather(kernels: Kernels, call: Permute): void {
  run(kernels, 'f32_gather', call, 1);
}

/** to[i] += the sum of part[i] over so many parts, arrays of `count` values one after another at `from`. */
export function addParts(kernels: Kernels, call: Omit<Permute, 'permutation'>, parts: number): void {
  run(kernels, 'f32_add_parts', { permutation: 0, ...call }, parts);
}

function run(kernels: Kernels, name: string, { permutation, from, to, count }: Permute, parts: number): void {
  const { threads } = kernels;
  const { words } = threads;
  const p = threads.parameters();
  words[p] = permutation;
  words[p + 1] = from;
  words[p + 2] = to;
  words[p + 3] = count;
  words[p + 4] = parts;
  threads.run(kernels.number(name), Math.ceil(count / ITEM), 2);
}
