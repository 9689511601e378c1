import type { Kernels } from '../runtime/kernels.ts';

/** Elements of a work item: see wasm/dense/axpy.ts. */
const ITEM = 4096;

/** y[i] += a·x[i] over `count` elements, in place. */
export function axpy(kernels: Kernels, y: number, x: number, count: number, a: number): void {
  const { threads } = kernels;
  const p = threads.parameters();
  threads.words[p] = y;
  threads.words[p + 1] = x;
  threads.words[p + 2] = count;
  threads.floats[p + 3] = a;
  threads.run(kernels.number('f32_axpy'), Math.ceil(count / ITEM), 4);
}
