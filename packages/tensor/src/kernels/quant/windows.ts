import type { Kernels } from '../../runtime/kernels.ts';
import type { Int8Windows } from './int8-windows.ts';

/** Depthwise convolution or pooling of 8-bit images: addresses, sizes and zero points. */
export interface Qs8Windows extends Int8Windows {
  readonly x: number;
  readonly to: number;
  readonly batch: number;
  readonly xUnsigned: boolean;
  readonly xZero: number;
  /** Integers of the output; of a largest value they are those of x. */
  readonly zero?: number;
  readonly least?: number;
  readonly most?: number;
  readonly unsigned?: boolean;
  /** f32 or pairs of i32 an out channel; of an average f32[taps + 1]. */
  readonly factors?: number;
  /** `float32`: the output is floats, the sums times the factors, plus `floatBias` f32[out channels], or 0. */
  readonly rounding?: 'fp32' | 'double' | 'single' | 'float32';
  readonly floatBias?: number;
  /** i8[taps, out channels] and i32[out channels] or 0. */
  readonly weights?: number;
  readonly weightZeros?: number;
  readonly multiplier?: number;
  readonly bias?: number;
}

const roundings = { fp32: 0, double: 1, single: 2, float32: 3 } as const;

export function windows(kernels: Kernels, name: 'qs8_depthwise' | 'qs8_max_pool' | 'qs8_average_pool', call: Qs8Windows): void {
  const { batch, outHeight, outWidth, channels, kernelHeight, kernelWidth, multiplier = 1 } = call;
  const { threads } = kernels;
  const { words } = threads;
  const p = threads.parameters();
  words[p] = call.x;
  words[p + 1] = call.to;
  words[p + 2] = call.xUnsigned ? 1 : 0;
  words[p + 3] = call.xZero;
  words[p + 4] = call.weights ?? 0;
  words[p + 5] = call.weightZeros ?? 0;
  words[p + 6] = multiplier;
  words[p + 7] = call.bias ?? 0;
  words[p + 8] = call.factors ?? 0;
  words[p + 9] = roundings[call.rounding ?? 'fp32'];
  words[p + 10] = call.zero ?? 0;
  words[p + 11] = call.least ?? 0;
  words[p + 12] = call.most ?? 0;
  words[p + 13] = call.unsigned ? 1 : 0;
  words[p + 14] = kernelHeight;
  words[p + 15] = kernelWidth;
  words[p + 16] = call.height;
  words[p + 17] = call.width;
  words[p + 18] = channels;
  words[p + 19] = outHeight;
  words[p + 20] = outWidth;
  words[p + 21] = call.strideHeight;
  words[p + 22] = call.strideWidth;
  words[p + 23] = call.padTop;
  words[p + 24] = call.padLeft;
  words[p + 25] = call.dilationHeight;
  words[p + 26] = call.dilationWidth;
  words[p + 27] = call.floatBias ?? 0;
  const perLine = outWidth * channels * multiplier * kernelHeight * kernelWidth;
  threads.run(kernels.number(name), batch * outHeight, Math.max(1, Math.ceil(65536 / Math.max(1, perLine))));
}
