import type { Kernels } from '../../runtime/kernels.ts';

/** Values between the order of a sparse matrix's rows and that of its columns: addresses and sizes. */
export interface Permute {
  /** i32[count], for each value in the order of the columns its number in that of the rows. */
  readonly permutation: number;
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Values of a work item. */
const ITEM = 4096;

/** to[i] = from[permutation[i]]. */
export function gather(kernels: Kernels, call: Permute): void {
  run(kernels, 'f32_gather', call);
}

/** to[permutation[i]] = from[i]. */
export function scatter(kernels: Kernels, call: Permute): void {
  run(kernels, 'f32_scatter', call);
}

function run(kernels: Kernels, name: string, { permutation, from, to, count }: Permute): void {
  const { threads } = kernels;
  const { words } = threads;
  const p = threads.parameters();
  words[p] = permutation;
  words[p + 1] = from;
  words[p + 2] = to;
  words[p + 3] = count;
  threads.run(kernels.number(name), Math.ceil(count / ITEM), 2);
}
