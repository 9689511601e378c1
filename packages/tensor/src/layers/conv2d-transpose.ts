import { add, conv2dTranspose as transposed, tidy, transpose, type Tensor4D } from '@tensorflow/tfjs-core';
import { compose } from '../ops/activation.ts';
import { checkNumber, checkTensor } from '../ops/arguments.ts';
import { explicitPadding } from '../ops/convolution.ts';
import { needGradients } from '../ops/kernel.ts';
import { checkConvOptions, type ConvOptions, type WeightLayer } from './conv2d.ts';
import { disposeVariables, type Shape } from './layer.ts';
import { makeVariables } from './make-variables.ts';
import { checkSize2d, type Size2d } from './sizes.ts';

export interface Conv2dTransposeOptions extends ConvOptions {
  /** Steps between windows of the output. Default 1. */
  readonly strides?: Size2d;
}

/**
 * A transposed convolution, which enlarges: each value of x adds its multiple of a filter to a window of y.
 * x [batch, height, width, channels], weight [height, width, filters, channels] (the order of {@link conv2d} that goes
 * the other way), bias [filters].
 *
 * An axis of n values gives (n - 1) · stride + window of them with padding `valid`, n · stride with `same`, and
 * (n - 1) · stride + window - 2 · padding with a number: PyTorch's ConvTranspose2d without output_padding.
 *
 * @throws {RangeError | TypeError} if a size or an option is invalid; nothing is allocated then.
 * @example
 * const layer = conv2dTranspose(16, 8, 2, { strides: 2, key: random.key(0) });
 * layer.apply(tf.zeros([1, 7, 7, 16])).shape; // => [1, 14, 14, 8]
 */
export function conv2dTranspose(
  channels: number,
  filters: number,
  window: Size2d,
  options: Conv2dTransposeOptions,
): WeightLayer<'conv2dTranspose'> {
  const where = 'conv2dTranspose';
  checkNumber(where, 'channels', channels, { least: 1, whole: true });
  checkNumber(where, 'filters', filters, { least: 1, whole: true });
  const size = checkSize2d(where, 'window', window);
  const steps = checkSize2d(where, 'strides', options?.strides ?? 1);
  const { key, padding, activation, slope, bias, init, biasInit } = checkConvOptions(where, options);
  const variables = makeVariables(where, key, {
    weight: {
      shape: [...size, filters, channels],
      // Drawn as from channels to filters, which is what an initializer takes the last two axes for.
      init: (_, key) => transpose(init([...size, channels, filters], key), [0, 1, 3, 2]),
      option: 'init',
    },
    bias: bias ? { shape: [filters], init: biasInit, option: 'biasInit' } : undefined,
  });
  const enlarged = (length: number, axis: 0 | 1): number => {
    if (padding === 'same') return length * steps[axis];
    return (length - 1) * steps[axis] + size[axis] - 2 * (padding === 'valid' ? 0 : padding);
  };
  const outputShape = (shape: Shape): Shape => {
    const [batch = null, height = null, width = null, depth = null] = shape;
    if (shape.length !== 4 || (depth !== null && depth !== channels))
      throw new RangeError(
        `${where}: the shape [${shape.map((part) => part ?? 'any').join(', ')}] must be [batch, height, width, ${channels}], channels last.`,
      );
    const rows = height === null ? null : enlarged(height, 0);
    const columns = width === null ? null : enlarged(width, 1);
    if (Math.min(rows ?? 1, columns ?? 1) < 1)
      throw new RangeError(`${where}: padding ${padding} leaves nothing of an image of shape [${shape.join(', ')}].`);
    return [batch, rows, columns, filters];
  };
  return {
    kind: 'conv2dTranspose',
    variables,
    apply: (x) => {
      checkTensor(where, 'x', x, { dtype: 'float32' });
      const shape = outputShape(x.shape) as [number, number, number, number];
      needGradients();
      return tidy(() => {
        const z = transposed(x as Tensor4D, variables.weight as unknown as Tensor4D, shape, steps, explicitPadding(padding));
        const shifted = variables.bias ? add(z, variables.bias) : z;
        return activation === 'linear' ? shifted : compose(shifted, activation, slope);
      });
    },
    outputShape,
    dispose: () => disposeVariables(variables),
  };
}
