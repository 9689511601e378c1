import type { Kernels } from '../../runtime/kernels.ts';

/** Elements, or columns, of a work item: see wasm/quant/fake-quantize.ts. */
const ITEM = 4096;
const BLOCK = 64;

/** Addresses and sizes of numbers that are rounded to integers from `from` to `until` of a scale. */
export interface FakeQuantize {
  readonly x: number;
  readonly scale: number;
  readonly to: number;
  readonly count: number;
  /** Columns that have a scale each, or 0 where there is one for all. */
  readonly columns: number;
  readonly from: number;
  readonly until: number;
}

export function fakeQuantizeFloats(kernels: Kernels, call: FakeQuantize): void {
  const { count, columns } = call;
  write(kernels, call);
  if (columns === 0) kernels.threads.run(kernels.number('f32_fake_quantize'), Math.ceil(count / ITEM), 4);
  else kernels.threads.run(kernels.number('f32_fake_quantize'), count / columns, Math.max(1, Math.ceil((4 * ITEM) / columns)));
}

/** Writes dx to `to` and gives the gradient of the scale, or of each column's, to `dscale`. */
export function fakeQuantizeGradient(
  kernels: Kernels,
  call: FakeQuantize & { readonly dy: number; readonly dscale: number; readonly factor: number },
): void {
  const { count, columns, dy, dscale, factor } = call;
  const items = columns === 0 ? Math.ceil(count / ITEM) : Math.ceil(columns / BLOCK);
  const sums = columns === 0 ? kernels.workspace(items * 4) : dscale;
  const p = write(kernels, call);
  kernels.threads.words[p + 7] = dy;
  kernels.threads.words[p + 8] = sums;
  kernels.threads.run(
    kernels.number('f32_fake_quantize_grad'),
    items,
    columns === 0 ? 4 : Math.max(1, Math.ceil((4 * ITEM * items) / Math.max(1, count))),
  );
  const { floats } = kernels.heap;
  if (columns === 0) {
    let total = 0;
    for (let i = 0; i < items; i++) total += floats[sums / 4 + i] as number;
    floats[dscale / 4] = total * factor;
  } else if (factor !== 1) for (let i = 0; i < columns; i++) floats[dscale / 4 + i]! *= factor;
}

function write({ threads }: Kernels, { x, scale, to, count, columns, from, until }: FakeQuantize): number {
  const { words, floats } = threads;
  const p = threads.parameters();
  words[p] = x;
  words[p + 1] = scale;
  words[p + 2] = to;
  words[p + 3] = count;
  words[p + 4] = columns;
  floats[p + 5] = from;
  floats[p + 6] = until;
  return p;
}
