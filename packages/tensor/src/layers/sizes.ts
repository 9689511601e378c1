import { backend_util } from '@tensorflow/tfjs-core';
import { checkNumber, describe } from '../ops/arguments.ts';
import { explicitPadding, type Padding } from '../ops/convolution.ts';
import type { Shape } from './layer.ts';

/** One number for both axes, or [height, width]. */
export type Size2d = number | readonly [height: number, width: number];

/** @throws {RangeError} unless it is one or two whole numbers of at least 1. */
export function checkSize2d(where: string, name: string, size: unknown): [number, number] {
  if (typeof size === 'number') {
    checkNumber(where, name, size, { least: 1, whole: true });
    return [size, size];
  }
  if (!Array.isArray(size) || size.length !== 2)
    throw new RangeError(`${where}: ${name} is ${describe(size)}, but must be a whole number or two, [height, width].`);
  checkNumber(where, `${name}[0]`, size[0], { least: 1, whole: true });
  checkNumber(where, `${name}[1]`, size[1], { least: 1, whole: true });
  return [size[0], size[1]];
}

/** @throws {RangeError} unless it is `valid`, `same` or a whole number of at least 0. */
export function checkPadding(where: string, padding: unknown): void {
  if (padding === 'valid' || padding === 'same') return;
  if (typeof padding !== 'number')
    throw new RangeError(`${where}: padding is ${describe(padding)}, but must be 'valid', 'same' or a whole number.`);
  checkNumber(where, 'padding', padding, { least: 0, whole: true });
}

/** How windows lie over an image. */
export interface WindowPlan {
  readonly window: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly padding: Padding;
}

/**
 * The shape [batch, height, width, channels] to [batch, rows, columns, outputs] of the windows.
 *
 * @throws {RangeError} if it has another rank or number of channels, or is smaller than a window.
 */
export function windowShape(
  where: string,
  shape: Shape,
  channels: number | undefined,
  outputs: number | undefined,
  plan: WindowPlan,
): Shape {
  checkImage(where, shape, channels);
  const [batch = null, height = null, width = null, depth = null] = shape;
  const { window, strides, dilation, padding } = plan;
  const info = backend_util.computeConv2DInfo(
    [1, height ?? 1e6, width ?? 1e6, 1],
    [...window, 1, 1],
    [...strides],
    [...dilation],
    explicitPadding(padding),
  );
  if (info.outHeight < 1 || info.outWidth < 1)
    throw new RangeError(
      `${where}: the shape [${shape.map((size) => size ?? 'any').join(', ')}] is smaller than a window of ${window.join(' x ')}${dilation.some((step) => step > 1) ? `, dilated by ${dilation.join(' x ')}` : ''}; use padding, or a smaller window.`,
    );
  return [batch, height === null ? null : info.outHeight, width === null ? null : info.outWidth, outputs ?? depth];
}

function checkImage(where: string, shape: Shape, channels: number | undefined): void {
  const last = shape[3];
  if (shape.length !== 4 || (channels !== undefined && last !== null && last !== channels))
    throw new RangeError(
      `${where}: the shape [${shape.map((size) => size ?? 'any').join(', ')}] must be [batch, height, width, ${channels ?? 'channels'}], channels last.`,
    );
}
