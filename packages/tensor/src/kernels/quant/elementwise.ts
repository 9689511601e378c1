import type { Kernels } from '../../runtime/kernels.ts';

/** Elements of a work item: see wasm/quant/qs8-elementwise.ts. */
const ITEM = 4096;

/** One side of a sum: where it is, what its integers are, and what they are multiplied by. */
export interface Addend {
  readonly at: number;
  readonly unsigned: boolean;
  readonly zero: number;
  readonly factor: number;
}

/** round((a - aZero)·aFactor + (b - bZero)·bFactor) + zero, clamped. */
export function addBytes(
  kernels: Kernels,
  call: {
    readonly a: Addend;
    readonly b: Addend;
    readonly to: number;
    readonly count: number;
    readonly zero: number;
    readonly least: number;
    readonly most: number;
    readonly unsigned: boolean;
  },
): void {
  const { words, floats } = kernels.threads;
  const p = kernels.threads.parameters();
  words[p] = call.a.at;
  words[p + 1] = call.b.at;
  words[p + 2] = call.to;
  words[p + 3] = call.count;
  words[p + 4] = call.a.unsigned ? 1 : 0;
  words[p + 5] = call.a.zero;
  floats[p + 6] = call.a.factor;
  words[p + 7] = call.b.unsigned ? 1 : 0;
  words[p + 8] = call.b.zero;
  floats[p + 9] = call.b.factor;
  words[p + 10] = call.zero;
  words[p + 11] = call.least;
  words[p + 12] = call.most;
  words[p + 13] = call.unsigned ? 1 : 0;
  kernels.threads.run(kernels.number('qs8_add'), Math.ceil(call.count / ITEM), 8);
}

/** Each byte by a table of 256. */
export function mapBytes(kernels: Kernels, x: number, table: number, to: number, count: number): void {
  const { words } = kernels.threads;
  const p = kernels.threads.parameters();
  words[p] = x;
  words[p + 1] = table;
  words[p + 2] = to;
  words[p + 3] = count;
  kernels.threads.run(kernels.number('qs8_map'), Math.ceil(count / ITEM), 8);
}
