import * as tf from '@tensorflow/tfjs-core';
import type { FusedConv2DAttrs, GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { conv2DGradient } from '../gradients/conv2d.ts';
import { defineGradient, type InputGradients } from '../gradients/define-gradient.ts';
import { activationGradient } from './activation-gradient.ts';
import { SLOPE, type ActivationName } from './activation-name.ts';
import { compose } from './activation.ts';
import { needGradient, needGradients, runKernel } from './kernel.ts';

/** What is beyond the edge of an image: nothing, as many zeros as keep its size at stride 1, or this many on every side. */
export type Padding = 'valid' | 'same' | number;

export interface Convolution {
  readonly strides: readonly [number, number];
  readonly padding: Padding;
  readonly dilation: readonly [number, number];
  readonly groups: number;
  readonly activation: ActivationName;
  readonly slope: number;
}

/** Padding as tfjs takes it. Not as a number, for which it goes by the height of the window and its step in both directions. */
export function explicitPadding(padding: Padding): 'valid' | 'same' | tf.backend_util.ExplicitPadding {
  if (typeof padding !== 'number') return padding;
  return [
    [0, 0],
    [padding, padding],
    [padding, padding],
    [0, 0],
  ];
}

/** Activations that the kernel does on its way, on every backend of tfjs. */
const fused: Partial<Record<ActivationName, string>> = {
  linear: 'linear',
  relu: 'relu',
  relu6: 'relu6',
  leakyRelu: 'leakyrelu',
  elu: 'elu',
  sigmoid: 'sigmoid',
};
const names = Object.fromEntries(Object.entries(fused).map(([name, kernel]) => [kernel, name])) as Record<string, ActivationName>;

/**
 * activation(x * filter + bias), x [batch, height, width, channels], filter [height, width, channels / groups, outputs].
 *
 * tfjs's own fused convolution gives up its activation where a gradient is taken; this one doesn't.
 */
export function convolution(
  x: Tensor,
  filter: Tensor,
  bias: Tensor | undefined,
  { strides, padding, dilation, groups, activation, slope }: Convolution,
): Tensor {
  needGradients();
  needGradient(fusedConv2DGradient);
  const inKernel = groups === 1 ? fused[activation] : undefined;
  const attributes: Partial<FusedConv2DAttrs> = {
    strides: [...strides],
    pad: explicitPadding(padding),
    dataFormat: 'NHWC',
    dilations: [...dilation],
    activation: (inKernel ?? 'linear') as never,
    leakyreluAlpha: slope,
  };
  const run = (image: Tensor, weight: Tensor, offset?: Tensor): Tensor =>
    runKernel(tf.FusedConv2D, offset ? { x: image, filter: weight, bias: offset } : { x: image, filter: weight }, attributes);
  if (inKernel !== undefined) return run(x, filter, bias);
  return tf.tidy(() => {
    if (groups === 1) return compose(run(x, filter, bias), activation, slope);
    const images = tf.split(x, groups, 3);
    const weights = tf.split(filter, groups, 3);
    const joined = tf.concat(
      images.map((image, group) => run(image, weights[group] as Tensor)),
      3,
    );
    return compose(bias ? tf.add(joined, bias) : joined, activation, slope);
  });
}

/** dz = dy activation'(z), and the gradients of a convolution from there; dbias is the sum of dz over all but the channels. */
const fusedConv2DGradient: GradConfig = defineGradient<[Tensor, Tensor, Tensor], FusedConv2DAttrs>({
  kernelName: tf.FusedConv2D,
  inputsToSave: ['x', 'filter'],
  outputsToSave: [true],
  gradFunc: (dy, [x, filter, y], attributes) => {
    const name = names[attributes.activation];
    if (name === undefined) throw new Error(`FusedConv2D: the gradient of the activation ${attributes.activation} is not known.`);
    const dz = activationGradient(dy, y, name, attributes.leakyreluAlpha ?? SLOPE);
    const gradients = conv2DGradient.gradFunc(dz, [x, filter], attributes as never) as InputGradients;
    return { ...gradients, bias: () => tf.sum(dz, [0, 1, 2]) };
  },
});
