import type { Kernels } from '../../runtime/kernels.ts';

/** Elements of a work item: see wasm/quant/quantize.ts. */
const ITEM = 4096;

/** Addresses and sizes of numbers to be quantized, or of integers to be dequantized. */
export interface Quantize {
  readonly x: number;
  readonly to: number;
  readonly count: number;
  readonly scale: number;
  readonly zero: number;
  readonly least: number;
  readonly most: number;
  readonly unsigned: boolean;
}

/** Floats to bytes; false if there is NaN among them. */
export function quantizeBytes(kernels: Kernels, call: Quantize): boolean {
  return flagged(kernels, (p, flag) => {
    write(kernels, p, call);
    kernels.threads.words[p + 8] = flag;
    kernels.threads.run(kernels.number('f32_quantize'), Math.ceil(call.count / ITEM), 4);
  });
}

/** Bytes to floats. */
export function dequantizeBytes(kernels: Kernels, call: Omit<Quantize, 'least' | 'most'>): void {
  const p = kernels.threads.parameters();
  write(kernels, p, { ...call, least: 0, most: 0 });
  kernels.threads.run(kernels.number('f32_dequantize'), Math.ceil(call.count / ITEM), 4);
}

function write({ threads: { words, floats } }: Kernels, p: number, { x, to, count, scale, zero, least, most, unsigned }: Quantize): void {
  words[p] = x;
  words[p + 1] = to;
  words[p + 2] = count;
  floats[p + 3] = scale;
  words[p + 4] = zero;
  words[p + 5] = least;
  words[p + 6] = most;
  words[p + 7] = unsigned ? 1 : 0;
}

/** The least and largest of `count` floats, at least one; NaN if there is one. */
export function extremes(kernels: Kernels, x: number, count: number): readonly [min: number, max: number] {
  const items = Math.ceil(count / ITEM);
  const to = kernels.workspace(items * 8);
  const { words } = kernels.threads;
  const p = kernels.threads.parameters();
  words[p] = x;
  words[p + 1] = to;
  words[p + 2] = count;
  kernels.threads.run(kernels.number('f32_extremes'), items, 8);
  const parts = kernels.heap.floats.subarray(to / 4, to / 4 + items * 2);
  let [min, max] = [Infinity, -Infinity];
  for (let i = 0; i < items; i++) {
    min = Math.min(min, parts[2 * i] as number);
    max = Math.max(max, parts[2 * i + 1] as number);
  }
  return [min, max];
}

/** Addresses and sizes of rows, or groups of rows, that are quantized by their own extremes. */
export interface QuantizeParts {
  readonly x: number;
  readonly to: number;
  readonly parts: number;
  readonly width: number;
  /** f32 a part. */
  readonly scales: number;
  /** i32 a row; of groups, the sums of their integers. */
  readonly others: number;
  /** Whether to store the integers of groups with 16 bits. */
  readonly wide?: boolean;
}

/** Rows to int8; false if NaN or infinity is among them. */
export function quantizeRows(kernels: Kernels, call: QuantizeParts): boolean {
  return quantizeParts(kernels, 'f32_quantize_rows', call, 11);
}

/** Groups to -127 ... 127; false if NaN or infinity is among them. */
export function quantizeGroups(kernels: Kernels, call: QuantizeParts): boolean {
  return quantizeParts(kernels, 'f32_quantize_groups', call, 12);
}

function quantizeParts(
  kernels: Kernels,
  name: string,
  { x, to, parts, width, scales, others, wide }: QuantizeParts,
  other: number,
): boolean {
  return flagged(kernels, (p, flag) => {
    const { words } = kernels.threads;
    words[p] = x;
    words[p + 1] = to;
    words[p + 8] = flag;
    words[p + 9] = width;
    words[p + 10] = scales;
    words[p + other] = others;
    words[p + 13] = wide ? 1 : 0;
    kernels.threads.run(kernels.number(name), parts, Math.max(1, Math.ceil(16384 / width)));
  });
}

/** Runs a call that may set a flag; whether it did not. */
function flagged(kernels: Kernels, run: (p: number, flag: number) => void): boolean {
  const flag = kernels.heap.allocate(4);
  kernels.heap.bytes.fill(0, flag, flag + 4);
  run(kernels.threads.parameters(), flag);
  const set = kernels.heap.bytes[flag] !== 0;
  kernels.heap.release(flag, 4);
  return !set;
}
