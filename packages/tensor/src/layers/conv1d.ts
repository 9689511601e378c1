import { pad, reshape, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { checkOptions } from '../ops/argument-kinds.ts';
import { checkNumber, checkTensor } from '../ops/arguments.ts';
import { convolution } from '../ops/convolution.ts';
import { checkConvOptions, type ConvOptions, type WeightLayer } from './conv2d.ts';
import { disposeVariables, type Shape } from './layer.ts';
import { makeVariables } from './make-variables.ts';
import { windowShape } from './sizes.ts';

export interface Conv1dOptions extends Omit<ConvOptions, 'padding'> {
  /**
   * `valid`, `same`, zeros at both ends, or `causal`: as many at the beginning as let no output see what comes after it.
   * Default `valid`.
   */
  readonly padding?: 'valid' | 'same' | 'causal' | number;
  /** Steps between windows. Default 1. */
  readonly stride?: number;
  /** Steps between the values of a window. Default 1. */
  readonly dilation?: number;
  /** Parts into which the channels are divided, each convolved by itself. Default 1. */
  readonly groups?: number;
}

/**
 * A convolution of sequences: y = activation(x * weight + bias), x [batch, length, channels],
 * weight [window, channels / groups, filters], bias [filters].
 *
 * @param window Length of a filter.
 * @throws {RangeError | TypeError} if a size or an option is invalid; nothing is allocated then.
 * @example
 * const layer = conv1d(8, 16, 3, { padding: 'causal', key: random.key(0) });
 * layer.apply(tf.zeros([4, 100, 8])).shape; // => [4, 100, 16]
 */
export function conv1d(channels: number, filters: number, window: number, options: Conv1dOptions): WeightLayer<'conv1d'> {
  const where = 'conv1d';
  checkNumber(where, 'channels', channels, { least: 1, whole: true });
  checkNumber(where, 'filters', filters, { least: 1, whole: true });
  checkNumber(where, 'window', window, { least: 1, whole: true });
  const { padding = 'valid', stride = 1, dilation = 1, groups = 1, ...others } = checkOptions('conv1d', options ?? {});
  checkNumber(where, 'stride', stride, { least: 1, whole: true });
  checkNumber(where, 'dilation', dilation, { least: 1, whole: true });
  checkNumber(where, 'groups', groups, { least: 1, whole: true });
  const settings = checkConvOptions(where, { ...(others as ConvOptions), padding: padding === 'causal' ? 'valid' : padding });
  if (channels % groups !== 0 || filters % groups !== 0)
    throw new RangeError(`${where}: groups is ${groups}, but must divide both the ${channels} channels and the ${filters} filters.`);
  const before = padding === 'causal' ? (window - 1) * dilation : typeof padding === 'number' ? padding : 0;
  const after = typeof padding === 'number' ? padding : 0;
  const plan = {
    window: [1, window] as const,
    strides: [1, stride] as const,
    dilation: [1, dilation] as const,
    // The kernel would pad both axes by a number; here only the length is.
    padding: padding === 'same' ? ('same' as const) : ('valid' as const),
  };
  const { activation, slope } = settings;
  const variables = makeVariables(where, settings.key, {
    weight: { shape: [window, channels / groups, filters], init: settings.init, option: 'init' },
    bias: settings.bias ? { shape: [filters], init: settings.biasInit, option: 'biasInit' } : undefined,
  });
  const outputShape = (shape: Shape): Shape => {
    const [batch = null, length = null, depth = null] = shape;
    if (shape.length !== 3 || (depth !== null && depth !== channels))
      throw new RangeError(
        `${where}: the shape [${shape.map((size) => size ?? 'any').join(', ')}] must be [batch, length, ${channels}], channels last.`,
      );
    const padded = length === null ? null : length + before + after;
    const rows = windowShape(where, [batch, 1, padded, depth], channels, filters, plan);
    return [batch, rows[2] as number | null, filters];
  };
  return {
    kind: 'conv1d',
    variables,
    apply: (x) => {
      checkTensor(where, 'x', x, { dtype: 'float32' });
      const shape = outputShape(x.shape) as number[];
      return tidy(() => {
        const [batch, length] = x.shape as [number, number];
        const margins: [number, number][] = [
          [0, 0],
          [before, after],
          [0, 0],
        ];
        const ends = before + after > 0 ? pad(x, margins) : x;
        const image: Tensor = reshape(ends, [batch, 1, length + before + after, channels]);
        const weight = reshape(variables.weight, [1, window, channels / groups, filters]);
        return reshape(convolution(image, weight, variables.bias, { ...plan, groups, activation, slope }), shape);
      });
    },
    outputShape,
    dispose: () => disposeVariables(variables),
  };
}
