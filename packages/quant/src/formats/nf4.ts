import { checkArray, checkNumber, checkObject } from '../validation.ts';
import { checkOptions } from '@x/tensor/arguments';

/** The 16 values of 4-bit NormalFloat, as bitsandbytes has them; computing them anew differs in the 7th digit. */
export const nf4Values: Float32Array<ArrayBuffer> = Float32Array.of(
  -1,
  -0.6961928009986877,
  -0.5250730514526367,
  -0.39491748809814453,
  -0.28444138169288635,
  -0.18477343022823334,
  -0.09105003625154495,
  0,
  0.07958029955625534,
  0.16093020141124725,
  0.24611230194568634,
  0.33791524171829224,
  0.44070982933044434,
  0.5626170039176941,
  0.7229568362236023,
  1,
);

/** Index of the nearest of rising values; of two equally near the lower. */
function nearestIndex(values: ArrayLike<number>, x: number): number {
  let low = 0;
  let high = values.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((values[middle] as number) <= x) low = middle;
    else high = middle;
  }
  return x - (values[low] as number) <= (values[high] as number) - x ? low : high;
}

/** Numbers as 4-bit codes, one an element, and the largest size of each block. */
export interface Nf4Blocks {
  readonly codes: Uint8Array<ArrayBuffer>;
  readonly scales: Float32Array<ArrayBuffer>;
}

/**
 * 4-bit NormalFloat: in each block, codes of the nearest of 16 values to x / max|x|.
 *
 * @throws {RangeError} if the block is no whole number of at least 1.
 *
 * T. Dettmers et al., "QLoRA: Efficient Finetuning of Quantized LLMs", 2023, arXiv 2305.14314; scales stay float32.
 */
export function toNf4(values: ArrayLike<number>, options: { readonly block?: number } = {}): Nf4Blocks {
  const { block = 64 } = checkOptions('toNf4', options);
  checkArray('toNf4', 'values', values);
  checkNumber('toNf4', 'block', block, { least: 1, whole: true });
  const codes = new Uint8Array(values.length);
  const scales = new Float32Array(Math.ceil(values.length / block));
  for (let i = 0; i < values.length; i++) {
    const index = Math.floor(i / block);
    scales[index] = Math.max(scales[index] as number, Math.abs(values[i] as number));
  }
  for (let i = 0; i < values.length; i++) {
    const scale = scales[Math.floor(i / block)] as number;
    codes[i] = scale === 0 ? 7 : nearestIndex(nf4Values, (values[i] as number) / scale);
  }
  return { codes, scales };
}

/** The numbers of codes. */
export function fromNf4(blocks: Nf4Blocks, options: { readonly block?: number } = {}): Float32Array<ArrayBuffer> {
  const { block = 64 } = checkOptions('fromNf4', options);
  checkObject('fromNf4', 'blocks', blocks, ['codes', 'scales']);
  for (const [name, part] of Object.entries({ codes: blocks.codes, scales: blocks.scales })) checkArray('fromNf4', `blocks.${name}`, part);
  const { codes, scales } = blocks;
  return Float32Array.from(codes, (code, index) => (nf4Values[code] as number) * (scales[Math.floor(index / block)] as number));
}
