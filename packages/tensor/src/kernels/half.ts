import type { Kernels } from '../runtime/kernels.ts';

/** Numbers of 16 bits that tensors are stored as: IEEE's binary16, and bfloat16, the upper half of a float32. */
export type HalfFormat = 'float16' | 'bfloat16';

/** What a matrix is stored as, by the number that a product's kernel knows it by. */
export const storedFormats: Readonly<Record<HalfFormat, number>> = { float16: 1, bfloat16: 2 };

/** Elements of a work item: see wasm/dense/half.ts. */
const ITEM = 8192;

const names = { float16: 'f16', bfloat16: 'bf16' } as const;

/** to[i] = the code of the number of the format that is nearest to x[i], ties to the even one. */
export function narrow(kernels: Kernels, format: HalfFormat, x: number, to: number, count: number): void {
  run(kernels, `${names[format]}_from_f32`, x, to, count);
}

/** to[i] = the value of code x[i]. */
export function widen(kernels: Kernels, format: HalfFormat, x: number, to: number, count: number): void {
  run(kernels, `f32_from_${names[format]}`, x, to, count);
}

function run(kernels: Kernels, name: string, x: number, to: number, count: number): void {
  const { threads } = kernels;
  threads.words.set([x, to, count], threads.parameters());
  threads.run(kernels.number(name), Math.ceil(count / ITEM), 2);
}
