import { add, depthwiseConv2d as depthwise, tidy, type Tensor4D } from '@tensorflow/tfjs-core';
import { compose } from '../ops/activation.ts';
import { checkOptions } from '../ops/argument-kinds.ts';
import { checkNumber, checkTensor } from '../ops/arguments.ts';
import { explicitPadding } from '../ops/convolution.ts';
import { needGradients } from '../ops/kernel.ts';
import { checkConvOptions, type Conv2dOptions, type ConvOptions, type WeightLayer } from './conv2d.ts';
import { disposeVariables } from './layer.ts';
import { makeVariables } from './make-variables.ts';
import { checkSize2d, windowShape, type Size2d } from './sizes.ts';

export interface DepthwiseConv2dOptions extends Omit<Conv2dOptions, 'groups'> {
  /** Filters of each channel. Default 1. */
  readonly multiplier?: number;
}

/** A {@link depthwiseConv2d} layer. */
export interface DepthwiseConv2dLayer
  extends WeightLayer<'depthwiseConv2d'>, Required<Pick<ConvOptions, 'padding' | 'activation' | 'slope'>> {
  readonly channels: number;
  readonly multiplier: number;
  readonly window: readonly [height: number, width: number];
  readonly strides: readonly [number, number];
  readonly dilation: readonly [number, number];
}

/**
 * A convolution of each channel by filters of its own: output channel c · multiplier + m is channel c convolved with
 * weight[:, :, c, m]. x [batch, height, width, channels], weight [height, width, channels, multiplier],
 * bias [channels · multiplier].
 *
 * @throws {RangeError | TypeError} if a size or an option is invalid; nothing is allocated then.
 * @example
 * const layer = depthwiseConv2d(32, 3, { padding: 'same', activation: 'relu6', key: random.key(0) });
 * layer.apply(tf.zeros([1, 112, 112, 32])).shape; // => [1, 112, 112, 32]
 */
export function depthwiseConv2d(channels: number, window: Size2d, options: DepthwiseConv2dOptions): DepthwiseConv2dLayer {
  const where = 'depthwiseConv2d';
  checkNumber(where, 'channels', channels, { least: 1, whole: true });
  const size = checkSize2d(where, 'window', window);
  const { strides = 1, dilation = 1, multiplier = 1 } = checkOptions('depthwiseConv2d', options ?? {});
  const settings = checkConvOptions(where, options);
  checkNumber(where, 'multiplier', multiplier, { least: 1, whole: true });
  const plan = {
    window: size,
    strides: checkSize2d(where, 'strides', strides),
    dilation: checkSize2d(where, 'dilation', dilation),
    padding: settings.padding,
  };
  if (Math.max(...plan.strides) > 1 && Math.max(...plan.dilation) > 1)
    throw new RangeError(`${where}: strides are ${plan.strides.join(' x ')} and dilation ${plan.dilation.join(' x ')}, but one must be 1.`);
  const outputs = channels * multiplier;
  const variables = makeVariables(where, settings.key, {
    weight: { shape: [...size, channels, multiplier], init: settings.init, option: 'init' },
    bias: settings.bias ? { shape: [outputs], init: settings.biasInit, option: 'biasInit' } : undefined,
  });
  const { activation, slope, padding } = settings;
  return {
    kind: 'depthwiseConv2d',
    ...{ channels, multiplier, ...plan, activation, slope },
    variables,
    apply: (x) => {
      checkTensor(where, 'x', x, { dtype: 'float32' });
      windowShape(where, x.shape, channels, outputs, plan);
      needGradients();
      return tidy(() => {
        const { weight, bias } = variables;
        const filter = weight as unknown as Tensor4D;
        const z = depthwise(x as Tensor4D, filter, plan.strides, explicitPadding(padding), 'NHWC', plan.dilation);
        const shifted = bias ? add(z, bias) : z;
        return activation === 'linear' ? shifted : compose(shifted, activation, slope);
      });
    },
    outputShape: (shape) => windowShape(where, shape, channels, outputs, plan),
    dispose: () => disposeVariables(variables),
  };
}
