import type { Variable } from '@tensorflow/tfjs-core';
import type { ActivationLayer, ActivationName, BatchNormLayer, Conv2dLayer, DenseLayer, Layer, Padding, Pool2dLayer } from '@x/tensor';
import { partsOf, unsupportedError, type NamedPart } from './parts.ts';

/** How a linear map slides over images: a convolution is one of the values under its window. */
export interface Windows {
  readonly channels: number;
  readonly window: readonly [height: number, width: number];
  readonly strides: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly padding: Padding;
}

/** A linear map with its activation, apart from any tensor; of a convolution, that of a window. */
export interface LinearStep {
  readonly kind: 'linear';
  /** The layer's name in its network, such as `0` or `2.1`. */
  readonly name: string;
  readonly inputs: number;
  readonly units: number;
  /** [inputs, units], row-major. */
  readonly weight: Float32Array<ArrayBuffer>;
  readonly bias: Float32Array<ArrayBuffer> | undefined;
  readonly activation: ActivationName;
  readonly slope: number;
  /** What inputs are divided by first, where no layer before could take it. */
  readonly inputScales?: Float64Array<ArrayBuffer>;
  /** Of a convolution, whose inputs are height · width · channels of a window. */
  readonly windows?: Windows;
}

/** The largest of each window. */
export interface MaxPoolStep {
  readonly kind: 'maxPool';
  readonly name: string;
  readonly windows: Pick<Windows, 'window' | 'strides' | 'padding'>;
}

export interface FlattenStep {
  readonly kind: 'flatten';
  readonly name: string;
}

/** A layer that stays as it is, in float; it is still its owner's. */
export interface FloatStep {
  readonly kind: 'float';
  readonly name: string;
  readonly layer: Layer;
}

/** What a network does to an input, one thing after another. */
export type Step = LinearStep | MaxPoolStep | FlattenStep | FloatStep;

export interface StepsOptions {
  /** Whether layers that can't be quantized are kept in float, rather than refused. Default false. */
  readonly keepUnsupported?: boolean;
  /** Whether convolutions, which aren't computed in integers, may be there. Default true. */
  readonly keepConvolutions?: boolean;
}

/** Layers that have no weights to quantize, and run in float between those that do. */
const weightless: ReadonlySet<string> = new Set(['averagePool2d', 'globalAveragePool', 'globalMaxPool', 'unflatten']);
const linears: ReadonlySet<string> = new Set(['dense', 'activation', 'flatten', 'dropout', 'batchNorm', 'maxPool2d']);

/** Whether a layer has nothing to quantize. */
export function isWeightless({ kind }: Layer): boolean {
  return weightless.has(kind) || kind === 'activation';
}

function canQuantize(layer: Layer): boolean {
  return linears.has(layer.kind) || weightless.has(layer.kind) || (layer.kind === 'conv2d' && (layer as Conv2dLayer).groups === 1);
}

/**
 * A network as steps: nested sequences unrolled, dropout left out; batch normalization folded into the linear layer before it, and
 * an activation after one joined with it.
 *
 * @throws {TypeError} naming all layers that can't be quantized, unless they are to be kept.
 */
export function stepsOf(where: string, net: Layer, { keepUnsupported = false, keepConvolutions = true }: StepsOptions = {}): Step[] {
  const steps: Step[] = [];
  const others: NamedPart[] = [];
  for (const part of partsOf(where, net)) {
    const step = nextStep(part, steps.at(-1));
    if (step === undefined) continue;
    if ('replaces' in step) steps[steps.length - 1] = step.replaces;
    else {
      if (step.kind === 'linear' && step.windows && !keepConvolutions) others.push(part);
      if (step.kind === 'float' && !isWeightless(part.layer)) others.push(part);
      steps.push(step);
    }
  }
  if (others.length > 0 && !keepUnsupported)
    throw unsupportedError(where, others, `Give { unsupported: 'float' } to keep ${others.length === 1 ? 'it' : 'them'} in float.`);
  return steps;
}

/** What a layer becomes after a step: nothing, a step, or a change of that before. */
function nextStep({ name, layer }: NamedPart, last: Step | undefined): Step | { readonly replaces: LinearStep } | undefined {
  const linear = last?.kind === 'linear' && last.activation === 'linear' ? last : undefined;
  if (!canQuantize(layer)) return { kind: 'float', name, layer };
  switch (layer.kind) {
    case 'dropout':
      return undefined;
    case 'dense':
      return linearStep(name, layer as DenseLayer);
    case 'conv2d':
      return convolutionStep(name, layer as Conv2dLayer);
    case 'flatten':
      return { kind: 'flatten', name };
    case 'maxPool2d': {
      const { window, strides, padding } = layer as Pool2dLayer;
      return { kind: 'maxPool', name, windows: { window, strides, padding } };
    }
    case 'activation': {
      const { activation, slope } = layer as ActivationLayer;
      return linear ? { replaces: { ...linear, activation, slope } } : { kind: 'float', name, layer };
    }
    case 'batchNorm':
      return linear ? { replaces: folded(linear, layer as BatchNormLayer) } : { kind: 'float', name, layer };
    default:
      return { kind: 'float', name, layer };
  }
}

function read(values: ArrayLike<number>): Float32Array<ArrayBuffer> {
  return Float32Array.from(values);
}

function linearStep(name: string, { inputs, units, activation, slope, variables: { weight, bias } }: DenseLayer): LinearStep {
  return {
    ...{ kind: 'linear', name, inputs, units, activation, slope },
    weight: read(weight.dataSync()),
    bias: bias && read(bias.dataSync()),
  };
}

function convolutionStep(name: string, layer: Conv2dLayer): LinearStep {
  const { channels, filters, window, strides, dilation, padding, activation, slope, variables } = layer;
  return {
    ...{ kind: 'linear', name, inputs: window[0] * window[1] * channels, units: filters, activation, slope },
    weight: read(variables.weight.dataSync()),
    bias: variables.bias && read(variables.bias.dataSync()),
    windows: { channels, window, strides, dilation, padding },
  };
}

/** A linear map with the batch normalization behind it: W·f and (b - mean)·f + beta, f = gamma / √(variance + epsilon). */
function folded(step: LinearStep, { epsilon, variables }: BatchNormLayer): LinearStep {
  const of = (own: Variable): ArrayLike<number> => own.dataSync();
  const [gamma, beta, mean, variance] = [of(variables.gamma), of(variables.beta), of(variables.mean), of(variables.variance)];
  const factors = Array.from(gamma, (value, unit) => value / Math.sqrt((variance[unit] as number) + epsilon));
  return {
    ...step,
    weight: step.weight.map((value, at) => value * (factors[at % step.units] as number)),
    bias: Float32Array.from(
      factors,
      (factor, unit) => ((step.bias?.[unit] ?? 0) - (mean[unit] as number)) * factor + (beta[unit] as number),
    ),
  };
}
