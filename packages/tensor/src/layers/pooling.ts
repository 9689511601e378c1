import { avgPool, max, maxPool, mean, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { checkOptions } from '../ops/argument-kinds.ts';
import { checkTensor } from '../ops/arguments.ts';
import { explicitPadding, type Padding } from '../ops/convolution.ts';
import { needGradients } from '../ops/kernel.ts';
import type { Layer, Shape } from './layer.ts';
import { checkPadding, checkSize2d, windowShape, type Size2d } from './sizes.ts';

export interface PoolOptions {
  /** Steps between windows. Default: the window, so that they touch. */
  readonly strides?: Size2d;
  /** `valid`, `same`, or a margin on every side. Default `valid`. */
  readonly padding?: Padding;
}

/** A layer of {@link maxPool2d} or {@link averagePool2d}. */
export interface Pool2dLayer extends Layer {
  readonly window: readonly [height: number, width: number];
  readonly strides: readonly [number, number];
  readonly padding: Padding;
}

/**
 * The greatest value of each window, channel by channel: [batch, height, width, channels] to [batch, rows, columns, channels].
 * What is beyond the edge counts as -Infinity.
 *
 * @throws {RangeError} if the window or an option is invalid.
 * @example
 * maxPool2d(2).apply(tf.zeros([64, 26, 26, 32])).shape; // => [64, 13, 13, 32]
 */
export function maxPool2d(window: Size2d, options: PoolOptions = {}): Pool2dLayer {
  checkOptions('maxPool2d', options);
  return pool2d('maxPool2d', window, options, (x, size, strides, padding) => maxPool(x, size, strides, explicitPadding(padding)));
}

/**
 * The mean of each window, channel by channel. What is beyond the edge doesn't count, as in TensorFlow; in PyTorch it
 * counts as 0 unless `count_include_pad` is false.
 *
 * @throws {RangeError} if the window or an option is invalid.
 */
export function averagePool2d(window: Size2d, options: PoolOptions = {}): Pool2dLayer {
  checkOptions('averagePool2d', options);
  return pool2d('averagePool2d', window, options, (x, size, strides, padding) => avgPool(x, size, strides, explicitPadding(padding)));
}

type Pool = (x: Tensor4D, window: [number, number], strides: [number, number], padding: Padding) => Tensor;

function pool2d(kind: string, window: Size2d, { strides = window, padding = 'valid' }: PoolOptions, pool: Pool): Pool2dLayer {
  const size = checkSize2d(kind, 'window', window);
  const steps = checkSize2d(kind, 'strides', strides);
  checkPadding(kind, padding);
  if (typeof padding === 'number' && padding * 2 > Math.min(...size))
    throw new RangeError(`${kind}: padding is ${padding}, but must be at most half of the window, ${size.join(' x ')}.`);
  const plan = { window: size, strides: steps, dilation: [1, 1] as const, padding };
  return {
    kind,
    ...{ window: size, strides: steps, padding },
    variables: {},
    apply: (x) => {
      checkTensor(kind, 'x', x, { dtype: 'float32' });
      windowShape(kind, x.shape, undefined, undefined, plan);
      needGradients();
      return pool(x as Tensor4D, size, steps, padding);
    },
    outputShape: (shape) => windowShape(kind, shape, undefined, undefined, plan),
    dispose: () => {},
  };
}

/** The mean over all positions: [batch, ..., channels] to [batch, channels]. */
export function globalAveragePool(): Layer {
  return globalPool('globalAveragePool', mean);
}

/** The greatest value over all positions: [batch, ..., channels] to [batch, channels]. */
export function globalMaxPool(): Layer {
  return globalPool('globalMaxPool', max);
}

function globalPool(kind: string, reduce: (x: Tensor, axes: number[]) => Tensor): Layer {
  return {
    kind,
    variables: {},
    apply: (x) => {
      checkTensor(kind, 'x', x, { dtype: 'float32', leastRank: 3 });
      needGradients();
      return reduce(
        x,
        x.shape.slice(1, -1).map((_, axis) => axis + 1),
      );
    },
    outputShape: (shape: Shape) => {
      if (shape.length < 3)
        throw new RangeError(`${kind}: the shape [${shape.map((size) => size ?? 'any').join(', ')}] must be [batch, ..., channels].`);
      return [shape[0] as number | null, shape.at(-1) as number | null];
    },
    dispose: () => {},
  };
}
