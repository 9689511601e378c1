import { backend_util } from '@tensorflow/tfjs-core';
import type { Int8Windows } from '../../kernels/quant/int8-windows.ts';
import { checkNumber, describe } from '../arguments.ts';
import { explicitPadding } from '../convolution.ts';

/** One number for both axes, or [height, width]. */
export type Pair = number | readonly [height: number, width: number];

export interface WindowOptions {
  /** Default 1; of pooling the window's size. */
  readonly strides?: Pair;
  /** As tfjs has it: with zeros so that the output is as large as the input over the strides, or none. Default `valid`. */
  readonly pad?: 'same' | 'valid' | number;
}

export function pair(where: string, name: string, value: Pair): readonly [number, number] {
  const both = typeof value === 'number' ? [value, value] : value;
  if (!Array.isArray(both) || both.length !== 2)
    throw new TypeError(`${where}: ${name} is ${describe(value)}, but must be a number or [height, width].`);
  for (const [axis, size] of both.entries()) checkNumber(where, `${name}[${axis}]`, size, { least: 1, whole: true });
  return both as unknown as readonly [number, number];
}

/** @throws {RangeError} if the images have another rank, or the window doesn't fit. */
export function windowsOf(
  where: string,
  shape: readonly number[],
  kernel: readonly [number, number],
  { strides, pad }: { readonly strides: readonly [number, number]; readonly pad: 'same' | 'valid' | number },
  dilations: readonly [number, number],
): { readonly batch: number; readonly windows: Int8Windows } {
  if (shape.length !== 4)
    throw new RangeError(
      `${where}: x has shape [${shape.join(', ')}], but must be images [batch, height, width, channels]; use x.reshape(...).`,
    );
  if (pad !== 'same' && pad !== 'valid') checkNumber(where, 'pad', pad, { least: 0, whole: true });
  const [batch, height, width, channels] = shape as [number, number, number, number];
  const info = backend_util.computeConv2DInfo(
    [batch, height, width, channels],
    [kernel[0], kernel[1], channels, channels],
    [...strides],
    [...dilations],
    // A number would be taken by the height of the window in both directions.
    explicitPadding(pad) as 'same' | 'valid',
  );
  if (info.outHeight < 1 || info.outWidth < 1)
    throw new RangeError(
      `${where}: the window [${kernel.join(', ')}] is larger than the images [${height}, ${width}]; pad them or choose a smaller one.`,
    );
  return {
    batch,
    windows: {
      ...{ height, width, channels, kernelHeight: kernel[0], kernelWidth: kernel[1], outHeight: info.outHeight, outWidth: info.outWidth },
      ...{ strideHeight: strides[0], strideWidth: strides[1], padTop: info.padInfo.top, padLeft: info.padInfo.left },
      ...{ dilationHeight: dilations[0], dilationWidth: dilations[1] },
    },
  };
}
