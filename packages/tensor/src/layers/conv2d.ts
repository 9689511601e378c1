import type { Variable } from '@tensorflow/tfjs-core';
import { activationNames, SLOPE, type ActivationName } from '../ops/activation-name.ts';
import { checkOptions } from '../ops/argument-kinds.ts';
import { checkChoice, checkFunction, checkNumber, checkTensor } from '../ops/arguments.ts';
import { convolution, type Padding } from '../ops/convolution.ts';
import { checkKey, type Key } from '../random/key.ts';
import { zeros, type Initializer } from './initializer.ts';
import { disposeVariables, type Layer } from './layer.ts';
import { makeVariables } from './make-variables.ts';
import { checkPadding, checkSize2d, windowShape, type Size2d } from './sizes.ts';
import { glorotUniform } from './variance-scaling.ts';

/** What all convolutions can do beside their windows. */
export interface ConvOptions {
  /** Draws the weight; required, so that no two layers begin alike by accident. */
  readonly key: Key;
  /** `valid`, `same`, or zeros on every side. Default `valid`. */
  readonly padding?: Padding;
  /** Default `linear`: none. */
  readonly activation?: ActivationName;
  /** Of `leakyRelu` below 0. Default 0.01. */
  readonly slope?: number;
  /** Whether a bias is added. Default true. */
  readonly bias?: boolean;
  /** First values of the weight. Default {@link glorotUniform}. */
  readonly init?: Initializer;
  /** First values of the bias. Default {@link zeros}. */
  readonly biasInit?: Initializer;
}

export interface Conv2dOptions extends ConvOptions {
  /** Steps between windows. Default 1. */
  readonly strides?: Size2d;
  /** Steps between the values of a window. Default 1. */
  readonly dilation?: Size2d;
  /** Parts into which the channels are divided, each convolved by itself. Default 1. */
  readonly groups?: number;
}

/** A layer with a weight and perhaps a bias. */
export interface WeightLayer<Kind extends string> extends Layer {
  readonly kind: Kind;
  readonly variables: { readonly weight: Variable; readonly bias?: Variable };
}

/** A {@link conv2d} layer. */
export interface Conv2dLayer extends WeightLayer<'conv2d'>, Required<Pick<ConvOptions, 'padding' | 'activation' | 'slope'>> {
  readonly channels: number;
  readonly filters: number;
  readonly window: readonly [height: number, width: number];
  readonly strides: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly groups: number;
}

/**
 * A convolution of images: y = activation(x * weight + bias), x [batch, height, width, channels],
 * weight [height, width, channels / groups, filters], bias [filters].
 *
 * Padding `same` puts what is left over at the bottom and right, as TensorFlow does; PyTorch's `padding: 1` is the number 1.
 *
 * @param channels Of the images.
 * @param filters Channels that come out.
 * @param window Height and width of a filter.
 * @throws {RangeError | TypeError} if a size or an option is invalid; nothing is allocated then.
 * @example
 * const layer = conv2d(1, 32, 3, { activation: 'relu', key: random.key(0) });
 * layer.apply(tf.zeros([64, 28, 28, 1])).shape; // => [64, 26, 26, 32]
 */
export function conv2d(channels: number, filters: number, window: Size2d, options: Conv2dOptions): Conv2dLayer {
  const where = 'conv2d';
  checkNumber(where, 'channels', channels, { least: 1, whole: true });
  checkNumber(where, 'filters', filters, { least: 1, whole: true });
  const size = checkSize2d(where, 'window', window);
  const { strides = 1, dilation = 1, groups = 1 } = checkOptions('conv2d', options ?? {});
  const settings = checkConvOptions(where, options);
  const plan = {
    window: size,
    strides: checkSize2d(where, 'strides', strides),
    dilation: checkSize2d(where, 'dilation', dilation),
    padding: settings.padding,
  };
  checkNumber(where, 'groups', groups, { least: 1, whole: true });
  if (channels % groups !== 0 || filters % groups !== 0)
    throw new RangeError(`${where}: groups is ${groups}, but must divide both the ${channels} channels and the ${filters} filters.`);
  const { key, activation, slope } = settings;
  const variables = makeVariables(where, key, {
    weight: { shape: [...size, channels / groups, filters], init: settings.init, option: 'init' },
    bias: settings.bias ? { shape: [filters], init: settings.biasInit, option: 'biasInit' } : undefined,
  });
  return {
    kind: 'conv2d',
    ...{ channels, filters, ...plan, groups, activation, slope },
    variables,
    apply: (x) => {
      checkTensor(where, 'x', x, { dtype: 'float32' });
      windowShape(where, x.shape, channels, filters, plan);
      return convolution(x, variables.weight, variables.bias, { ...plan, groups, activation, slope });
    },
    outputShape: (shape) => windowShape(where, shape, channels, filters, plan),
    dispose: () => disposeVariables(variables),
  };
}

/** The options of a convolution, each given. @throws {TypeError | RangeError} if one is invalid. */
export function checkConvOptions(where: string, options: ConvOptions): Required<ConvOptions> {
  const {
    key,
    padding = 'valid',
    activation = 'linear',
    slope = SLOPE,
    bias = true,
    init = glorotUniform(),
    biasInit = zeros(),
  } = checkOptions(where, options ?? {});
  checkKey(where, key);
  checkPadding(where, padding);
  checkChoice(where, 'activation', activation, activationNames);
  checkNumber(where, 'slope', slope);
  checkFunction(where, 'init', init);
  checkFunction(where, 'biasInit', biasInit);
  return { key, padding, activation, slope, bias, init, biasInit };
}
