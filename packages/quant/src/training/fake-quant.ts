import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import {
  convolution,
  linear,
  needGradients,
  sequential,
  type ApplyContext,
  type Conv2dLayer,
  type DenseLayer,
  type DepthwiseConv2dLayer,
  type Layer,
  type NamedVariables,
} from '@x/tensor';
import { fakeQuantize } from '@x/tensor/quant';
import { checkOptions } from '@x/tensor/arguments';
import { quantizationParameters, type QuantizationParameters } from '../arithmetic/quantization-parameters.ts';
import { isComposite, partsOf, type NamedPart } from '../network/parts.ts';
import { convolved } from '../network/run-step.ts';
import { linearSteps, stepsOf } from '../network/steps.ts';
import { checkChoice, checkNumber } from '../validation.ts';

export interface FakeQuantOptions {
  /** Width of weights, 2 to 8; default 8. */
  readonly weights?: number;
  /** Width of the inputs of linear layers and convolutions, 2 to 8; `false` leaves them in float. Default 8. */
  readonly activations?: number | false;
  /**
   * How steps are found: `learned`, trained with the rest, as LSQ; or `extremes`: of weights the largest of each unit at each
   * step, of activations a moving average of each batch's extremes. Default `learned`. What goes into the network is data: its step is
   * found by `extremes` always, which spares the gradient of the first layer's input.
   */
  readonly steps?: 'learned' | 'extremes';
  /** Of `extremes`: weight of a batch in the moving average of activations. Default 0.01. */
  readonly averaging?: number;
  /** Training steps before activations are quantized, while their ranges are found. Default 0. */
  readonly delay?: number;
}

/** Layers that are quantized. */
type LinearLayer = DenseLayer | Conv2dLayer | DepthwiseConv2dLayer;

/** What {@link fakeQuant} makes of a linear layer, or of a convolution. */
export interface FakeQuantLinear extends Layer {
  readonly kind: 'fakeQuantLinear';
  readonly layer: LinearLayer;
  readonly weights: number;
  readonly activations: number | false;
  readonly steps: 'learned' | 'extremes';
  /** How the layer's input is quantized now; undefined if it isn't, or not yet. */
  input(): QuantizationParameters | undefined;
  /** Steps of the weights now, one a unit. */
  weightSteps(): Float32Array;
}

/** A network that trains as if it had few bits. */
export interface FakeQuantNetwork extends Layer {
  readonly kind: 'fakeQuant';
  readonly layers: readonly Layer[];
  /** What was given, with the same variables. */
  readonly net: Layer;
  /** The layers that are quantized, those within containers too, by their places in the network, such as `2.0`. */
  readonly quantized: ReadonlyMap<string, FakeQuantLinear>;
}

/**
 * A network for quantization-aware training: weights and inputs of linear layers and convolutions, those within containers too, are
 * rounded on the way forward, and gradients pass straight through where nothing was clipped. Train it as any other, then
 * {@link convert} it. Batch normalization stays beside its convolution, and becomes part of the steps of its filters in the end.
 *
 * It uses the variables of the given network, and adds `weightStep` (`learned`), `inputStep` and `inputRange` of each linear
 * layer, and `seen`, the count of its training steps. Steps of activations begin with the first training batch.
 *
 * @throws {TypeError | RangeError} naming layers that can't be quantized, or if a width or option is out of range.
 * @example
 * const four = fakeQuant(net, { weights: 4, activations: 8 });
 * for await (const event of fit(four, data, { optimizer, epochs: 3 })) console.log(event);
 * const q = await convert(four);
 *
 * S. K. Esser et al., "Learned Step Size Quantization", 2019, arXiv 1902.08153, with a step for each unit; B. Jacob et al.,
 * "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", 2017, arXiv 1712.05877.
 */
export function fakeQuant(net: Layer, options: FakeQuantOptions = {}): FakeQuantNetwork {
  checkOptions('fakeQuant', options);
  const where = 'fakeQuant';
  const { weights = 8, activations = 8, steps = 'learned', averaging = 0.01, delay = 0 } = options;
  checkNumber(where, 'weights', weights, { least: 2, most: 8, whole: true });
  if (activations !== false) checkNumber(where, 'activations', activations, { least: 2, most: 8, whole: true });
  checkChoice(where, 'steps', steps, ['learned', 'extremes']);
  checkNumber(where, 'averaging', averaging, { above: 0, most: 1 });
  checkNumber(where, 'delay', delay, { least: 0, whole: true });
  const names = new Set(linearSteps(stepsOf(where, net)).map(({ name }) => name));
  const quantized = new Map<string, FakeQuantLinear>();
  const settings = { weights, activations, steps, averaging, delay };
  const trained = ({ name, layer }: NamedPart): Layer => {
    if (isComposite(layer)) {
      const own = Object.entries(layer.parts as Readonly<Record<string, Layer>>).map(([part, inner]): [string, Layer] => {
        const parts = partsOf(where, inner, `${name}.${part}`).map(trained);
        return [part, inner.kind === 'sequential' ? sequential(parts) : (parts[0] as Layer)];
      });
      return (layer.withParts as NonNullable<Layer['withParts']>)(Object.fromEntries(own));
    }
    if (!names.has(name)) return layer;
    const made = fakeQuantLinear(layer as LinearLayer, settings, quantized.size === 0);
    quantized.set(name, made);
    return made;
  };
  const parts = partsOf(where, net);
  const layers = parts.map(trained);
  const whole = sequential(layers);
  const variables: NamedVariables = Object.fromEntries(
    layers.flatMap((layer, index) =>
      Object.entries(layer.variables).map(([own, variable]): [string, Variable] => [
        `${(parts[index] as NamedPart).name}.${own}`,
        variable,
      ]),
    ),
  );
  return {
    kind: 'fakeQuant',
    layers,
    net,
    quantized,
    variables,
    apply: (x, context) => whole.apply(x, context),
    outputShape: (shape) => net.outputShape(shape),
    dispose: () => whole.dispose(),
  };
}

type Settings = Required<FakeQuantOptions>;

function fakeQuantLinear(layer: LinearLayer, { weights, activations, steps, averaging, delay }: Settings, first: boolean): FakeQuantLinear {
  const { weight, bias } = layer.variables;
  const most = 2 ** (weights - 1) - 1;
  const learned = steps === 'learned';
  const units = unitsOf(layer);
  /** The weight as [inputs, units]. */
  const matrix = (): Tensor => tf.reshape(weight, [-1, units]);
  const own = tf.tidy(() => ({
    ...(learned && { weightStep: tf.variable(firstWeightSteps(matrix(), most)) }),
    ...(activations !== false && {
      ...(learned && !first && { inputStep: tf.variable(tf.scalar(0)) }),
      inputRange: tf.variable(tf.tensor1d([Infinity, -Infinity]), false),
      seen: tf.variable(tf.scalar(0), false),
    }),
  }));
  const { weightStep, inputStep, inputRange, seen } = own as Record<string, Variable | undefined>;

  const parameters = (): QuantizationParameters | undefined => {
    if (activations === false || !inputRange || !seen) return undefined;
    const [min, max] = inputRange.dataSync() as unknown as readonly [number, number];
    if (!(min <= max) || (seen.dataSync()[0] as number) <= delay) return undefined;
    if (!inputStep) return quantizationParameters(Math.min(min, 0), Math.max(max, 0), { bits: activations });
    const unsigned = min >= 0;
    const least = unsigned ? 0 : -(2 ** (activations - 1));
    return { scale: Math.abs(inputStep.dataSync()[0] as number), zeroPoint: 0, least, most: least + 2 ** activations - 1 };
  };

  /** Looks at a batch before it is quantized. */
  const observe = (x: Tensor): void => {
    if (activations === false || !inputRange || !seen) return;
    tf.tidy(() => {
      const count = (seen.dataSync()[0] as number) + 1;
      seen.assign(tf.scalar(count));
      const [min, max] = inputRange.dataSync() as unknown as readonly [number, number];
      const none = !(min <= max);
      if (inputStep && !none) return;
      const [low, high] = [tf.min(x).dataSync()[0] as number, tf.max(x).dataSync()[0] as number];
      inputRange.assign(tf.tensor1d(none ? [low, high] : [min + averaging * (low - min), max + averaging * (high - max)]));
      if (inputStep)
        inputStep.assign(tf.scalar(firstStep(tf.mean(tf.abs(x)).dataSync()[0] as number, 2 ** (activations - (low >= 0 ? 0 : 1)) - 1)));
    });
  };

  const roundInput = (x: Tensor): Tensor => {
    const now = parameters();
    if (!now || activations === false) return x;
    const { scale, zeroPoint, least } = now;
    if (!inputStep) return fakeQuantize(x, scale, { bits: activations, zeroPoint });
    const features = x.size / (x.shape[0] as number);
    // A training step may take a learned one past 0; its size counts, here as there.
    return fakeQuantize(x, tf.abs(inputStep), {
      bits: activations,
      unsigned: least === 0,
      gradientScale: 1 / Math.sqrt(features * now.most),
    });
  };

  const roundWeight = (): Tensor => {
    // Filters of each channel have their units in two axes.
    const w = layer.kind === 'depthwiseConv2d' ? matrix() : weight;
    const scale = weightStep ? tf.abs(weightStep) : withoutGradient(weight, () => extremeSteps(matrix(), most));
    const gradientScale = weightStep ? 1 / Math.sqrt((weight.size / units) * most) : 1;
    const rounded = fakeQuantize(w, scale, { bits: weights, narrow: true, gradientScale });
    return w === weight ? rounded : tf.reshape(rounded, weight.shape);
  };

  return {
    kind: 'fakeQuantLinear',
    layer,
    weights,
    activations,
    steps,
    variables: { weight, ...(bias && { bias }), ...(own as NamedVariables) },
    apply: (x: Tensor, context?: ApplyContext) =>
      tf.tidy(() => {
        needGradients();
        if (context?.training && !context.recomputing) observe(x);
        return product(layer, roundInput(x), roundWeight());
      }),
    outputShape: (shape) => layer.outputShape(shape),
    input: parameters,
    weightSteps: () => tf.tidy(() => (weightStep ? tf.abs(weightStep) : extremeSteps(matrix(), most)).dataSync() as Float32Array),
    dispose: () => {
      layer.dispose();
      for (const variable of Object.values(own) as Variable[]) if (!variable.isDisposed) variable.dispose();
    },
  };
}

function unitsOf(layer: LinearLayer): number {
  if (layer.kind === 'dense') return layer.units;
  return layer.kind === 'conv2d' ? layer.filters : layer.channels * layer.multiplier;
}

/** The layer with another weight. */
function product(layer: LinearLayer, x: Tensor, weight: Tensor): Tensor {
  const { activation, slope } = layer;
  const { bias } = layer.variables;
  if (layer.kind === 'dense') return linear(x, weight, bias, { activation, slope });
  if (layer.kind === 'conv2d') return convolution(x, weight, bias, layer);
  return convolved(x, weight as tf.Tensor4D, bias, { ...layer, depthwise: true }, { activation, slope });
}

/** LSQ's first step of a mean size: 2·mean|v| / √most; 1 of zeros. */
function firstStep(meanSize: number, most: number): number {
  return (2 * meanSize) / Math.sqrt(most) || 1;
}

function firstWeightSteps(weight: Tensor, most: number): Tensor {
  const means = tf.mean(tf.abs(weight), 0).dataSync();
  return tf.tensor1d(Float32Array.from(means, (mean) => firstStep(mean, most)));
}

/** max|w| / most of each unit; 1 of zeros. */
function extremeSteps(weight: Tensor, most: number): Tensor {
  return tf.tidy(() => {
    const steps = tf.div(tf.max(tf.abs(weight), 0), most);
    return tf.where(tf.greater(steps, 0), steps, tf.onesLike(steps));
  });
}

/** A function of x that gradients don't go back through. */
function withoutGradient(x: Tensor, of: (x: Tensor) => Tensor): Tensor {
  const stopped = tf.customGrad((value) => ({ value: of(value as Tensor), gradFunc: () => tf.zerosLike(value as Tensor) }));
  return stopped(x);
}
