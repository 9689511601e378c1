import type { Kernels } from '../../runtime/kernels.ts';

/** Addresses and sizes of numbers and their codes in groups. */
export interface Compressed {
  readonly x: number;
  readonly codes: number;
  readonly ranges: number;
  readonly count: number;
  readonly groupSize: number;
  readonly bits: number;
}

/** Words that codes take: of whole parts of 64 numbers. */
export function codeWords(count: number, bits: number): number {
  return Math.ceil(count / 64) * bits * 2;
}

/** Numbers to codes; false if one is NaN or infinite. */
export function compressFloats(kernels: Kernels, call: Compressed & { readonly key: readonly [number, number] }): boolean {
  const flag = kernels.heap.allocate(4);
  kernels.heap.bytes.fill(0, flag, flag + 4);
  const { words } = kernels.threads;
  const p = write(kernels, call);
  words[p + 6] = call.key[0];
  words[p + 7] = call.key[1];
  words[p + 8] = flag;
  run(kernels, 'f32_compress', call);
  const fine = kernels.heap.bytes[flag] === 0;
  kernels.heap.release(flag, 4);
  return fine;
}

/** Codes to numbers. */
export function restoreFloats(kernels: Kernels, call: Compressed): void {
  write(kernels, call);
  run(kernels, 'f32_restore', call);
}

/** Numbers of a work item of the signs: see wasm/storage/compress.ts. */
const ITEM = 4096;

/** A bit for each of `count` numbers, whether it's above 0, in whole words. */
export function positiveFloats(kernels: Kernels, x: number, bits: number, count: number): void {
  write(kernels, { x, codes: bits, ranges: 0, count, groupSize: 0, bits: 0 });
  kernels.threads.run(kernels.number('f32_positive'), Math.ceil(count / ITEM), 4);
}

/** The numbers whose bits are set, and zeros. */
export function wherePositiveFloats(kernels: Kernels, x: number, bits: number, to: number, count: number): void {
  write(kernels, { x: to, codes: bits, ranges: x, count, groupSize: 0, bits: 0 });
  kernels.threads.run(kernels.number('f32_where_positive'), Math.ceil(count / ITEM), 4);
}

function write({ threads }: Kernels, { x, codes, ranges, count, groupSize, bits }: Compressed): number {
  const { words } = threads;
  const p = threads.parameters();
  words[p] = x;
  words[p + 1] = codes;
  words[p + 2] = ranges;
  words[p + 3] = count;
  words[p + 4] = groupSize;
  words[p + 5] = bits;
  return p;
}

function run(kernels: Kernels, name: string, { count, groupSize }: Compressed): void {
  kernels.threads.run(kernels.number(name), Math.ceil(count / groupSize), Math.max(1, Math.ceil(8192 / groupSize)));
}
