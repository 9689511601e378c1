import type { Kernels } from '../../runtime/kernels.ts';

/** Elements of a work item: see wasm/quant/fake-quantize.ts. */
const ITEM = 4096;
/** Elements of a work item that has a sum for each column. */
const PART = 65536;

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
  const rows = columns === 0 ? 0 : Math.max(1, Math.ceil(PART / columns));
  const items = columns === 0 ? Math.ceil(count / ITEM) : Math.ceil(count / columns / rows);
  const width = Math.max(1, columns);
  const sums = kernels.workspace(items * width * 4);
  const p = write(kernels, call);
  kernels.threads.words[p + 7] = dy;
  kernels.threads.words[p + 8] = sums;
  kernels.threads.words[p + 9] = rows;
  kernels.threads.run(kernels.number('f32_fake_quantize_grad'), items, columns === 0 ? 4 : 1);
  const { floats } = kernels.heap;
  const totals = new Float64Array(width);
  for (let i = 0; i < items * width; i++) totals[i % width]! += floats[sums / 4 + i] as number;
  for (let i = 0; i < width; i++) floats[dscale / 4 + i] = (totals[i] as number) * factor;
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
