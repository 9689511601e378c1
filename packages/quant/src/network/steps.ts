import type { Variable } from '@tensorflow/tfjs-core';
import type {
  ActivationLayer,
  ActivationName,
  BatchNormLayer,
  Conv2dLayer,
  DenseLayer,
  DepthwiseConv2dLayer,
  Layer,
  Padding,
  Pool2dLayer,
} from '@x/tensor';
import { isSparse, type SparseStep } from './sparse-step.ts';
import { isComposite, partsOf, unsupportedError, type NamedPart } from './parts.ts';

/** How a linear map slides over images: a convolution is one of the values under its window. */
export interface Windows {
  readonly channels: number;
  readonly window: readonly [height: number, width: number];
  readonly strides: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly padding: Padding;
  /** Whether each channel has filters of its own: inputs are then height · width, and units go by channels. */
  readonly depthwise: boolean;
}

/** A linear map with its activation, apart from any tensor; of a convolution, that of a window. */
export interface LinearStep {
  readonly kind: 'linear';
  /** The layer's name in its network, such as `0`, `2.1` or `3.inner.0`. */
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
  /** What a batch normalization behind it multiplied the weights of each unit by. */
  readonly factors?: readonly number[];
  /** Of a convolution, whose inputs are height · width · channels of a window. */
  readonly windows?: Windows;
}

/** The largest, or the mean, of each window, channel by channel. */
export interface PoolStep {
  readonly kind: 'pool';
  readonly name: string;
  readonly of: 'max' | 'average';
  /** Left out: of all positions, [batch, ..., channels] to [batch, channels]. */
  readonly windows: Pick<Windows, 'window' | 'strides' | 'padding'> | undefined;
}

export interface FlattenStep {
  readonly kind: 'flatten';
  readonly name: string;
}

/** All axes after the first as those of a shape. */
export interface ReshapeStep {
  readonly kind: 'reshape';
  readonly name: string;
  readonly shape: readonly number[];
}

/** A layer that stays as it is, in float; it is still its owner's. */
export interface FloatStep {
  readonly kind: 'float';
  readonly name: string;
  readonly layer: Layer;
}

/** A container, such as a residual connection or attention, and the steps of each of its parts. */
export interface CompositeStep {
  readonly kind: 'composite';
  readonly name: string;
  readonly layer: Layer;
  readonly parts: Readonly<Record<string, readonly Step[]>>;
}

/** What a network does to an input, one thing after another. */
export type Step = LinearStep | SparseStep | PoolStep | FlattenStep | ReshapeStep | FloatStep | CompositeStep;

export interface StepsOptions {
  /** Whether layers that can't be quantized are kept in float, rather than refused. Default false. */
  readonly keepUnsupported?: boolean;
}

/** Layers that stay in float between those that are quantized: they look values up, or scale them, but multiply no matrices. */
const float: ReadonlySet<string> = new Set(['batchNorm', 'layerNorm', 'rmsNorm', 'groupNorm', 'embedding', 'positionalEmbedding']);
const quantized: ReadonlySet<string> = new Set([
  ...['dense', 'depthwiseConv2d', 'activation', 'flatten', 'unflatten', 'dropout', 'batchNorm'],
  ...['maxPool2d', 'averagePool2d', 'globalAveragePool', 'globalMaxPool'],
]);

/** Whether a layer has nothing to quantize. */
export function isWeightless({ kind }: Layer): boolean {
  return kind === 'activation';
}

function canQuantize(layer: Layer): boolean {
  return quantized.has(layer.kind) || (layer.kind === 'conv2d' && (layer as Conv2dLayer).groups === 1);
}

/**
 * A network as steps: nested sequences unrolled, dropout left out; batch normalization folded into the linear layer before it, and
 * an activation after one joined with it. Containers that can be made of other parts keep theirs apart.
 *
 * @throws {TypeError} naming all layers that can't be quantized, unless they are to be kept.
 */
export function stepsOf(where: string, net: Layer, { keepUnsupported = false }: StepsOptions = {}): Step[] {
  const others: NamedPart[] = [];
  const steps = stepsOfParts(partsOf(where, net), others);
  if (others.length > 0 && !keepUnsupported)
    throw unsupportedError(where, others, `Give { unsupported: 'float' } to keep ${others.length === 1 ? 'it' : 'them'} in float.`);
  return steps;
}

function stepsOfParts(parts: readonly NamedPart[], others: NamedPart[]): Step[] {
  const steps: Step[] = [];
  for (const part of parts) {
    const step = isComposite(part.layer) ? compositeStep(part.name, part.layer, others) : nextStep(part, steps.at(-1));
    if (step === undefined) continue;
    if ('replaces' in step) steps[steps.length - 1] = step.replaces;
    else {
      if (step.kind === 'float' && !isWeightless(part.layer) && !float.has(part.layer.kind)) others.push(part);
      steps.push(step);
    }
  }
  return steps;
}

function compositeStep(name: string, layer: Layer, others: NamedPart[]): CompositeStep {
  const entries = Object.entries(layer.parts as Readonly<Record<string, Layer>>);
  return {
    ...{ kind: 'composite', name, layer },
    parts: Object.fromEntries(entries.map(([part, own]) => [part, stepsOfParts(partsOf(name, own, `${name}.${part}`), others)])),
  };
}

/** All steps, those in containers after the container. */
export function* everyStep(steps: readonly Step[]): Generator<Step> {
  for (const step of steps) {
    yield step;
    if (step.kind === 'composite') for (const part of Object.values(step.parts)) yield* everyStep(part);
  }
}

/** All linear steps, those in containers too. */
export function linearSteps(steps: readonly Step[]): LinearStep[] {
  return Array.from(everyStep(steps)).filter((step) => step.kind === 'linear');
}

/** All steps that can become integers. */
export function quantizableSteps(steps: readonly Step[]): (LinearStep | SparseStep)[] {
  return Array.from(everyStep(steps)).filter((step) => step.kind === 'linear' || step.kind === 'sparse');
}

/** Steps in which each row of them, in a container too, is changed. */
export function mapRows(steps: readonly Step[], change: (row: readonly Step[]) => readonly Step[]): Step[] {
  return change(steps).map((step) =>
    step.kind === 'composite'
      ? { ...step, parts: Object.fromEntries(Object.entries(step.parts).map(([name, part]) => [name, mapRows(part, change)])) }
      : step,
  );
}

/** What a layer becomes after a step: nothing, a step, or a change of that before. */
function nextStep({ name, layer }: NamedPart, last: Step | undefined): Step | { readonly replaces: LinearStep } | undefined {
  const linear = last?.kind === 'linear' && last.activation === 'linear' ? last : undefined;
  if (isSparse(layer)) return { kind: 'sparse', name, layer };
  if (!canQuantize(layer)) return { kind: 'float', name, layer };
  switch (layer.kind) {
    case 'dropout':
      return undefined;
    case 'dense':
      return linearStep(name, layer as DenseLayer);
    case 'conv2d':
      return convolutionStep(name, layer as Conv2dLayer);
    case 'depthwiseConv2d':
      return depthwiseStep(name, layer as DepthwiseConv2dLayer);
    case 'flatten':
      return { kind: 'flatten', name };
    case 'unflatten':
      return { kind: 'reshape', name, shape: layer.outputShape([null, null]).slice(1) as number[] };
    case 'maxPool2d':
    case 'averagePool2d': {
      const { window, strides, padding } = layer as Pool2dLayer;
      return { kind: 'pool', name, of: layer.kind === 'maxPool2d' ? 'max' : 'average', windows: { window, strides, padding } };
    }
    case 'globalMaxPool':
    case 'globalAveragePool':
      return { kind: 'pool', name, of: layer.kind === 'globalMaxPool' ? 'max' : 'average', windows: undefined };
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
    windows: { channels, window, strides, dilation, padding, depthwise: false },
  };
}

function depthwiseStep(name: string, layer: DepthwiseConv2dLayer): LinearStep {
  const { channels, multiplier, window, strides, dilation, padding, activation, slope, variables } = layer;
  return {
    ...{ kind: 'linear', name, inputs: window[0] * window[1], units: channels * multiplier, activation, slope },
    weight: read(variables.weight.dataSync()),
    bias: variables.bias && read(variables.bias.dataSync()),
    windows: { channels, window, strides, dilation, padding, depthwise: true },
  };
}

/** A linear map with the batch normalization behind it: W·f and (b - mean)·f + beta, f = gamma / √(variance + epsilon). */
function folded(step: LinearStep, { epsilon, variables }: BatchNormLayer): LinearStep {
  const of = (own: Variable): ArrayLike<number> => own.dataSync();
  const [gamma, beta, mean, variance] = [of(variables.gamma), of(variables.beta), of(variables.mean), of(variables.variance)];
  const factors = Array.from(gamma, (value, unit) => value / Math.sqrt((variance[unit] as number) + epsilon));
  return {
    ...step,
    factors: factors.map((factor, unit) => factor * (step.factors?.[unit] ?? 1)),
    weight: step.weight.map((value, at) => value * (factors[at % step.units] as number)),
    bias: Float32Array.from(
      factors,
      (factor, unit) => ((step.bias?.[unit] ?? 0) - (mean[unit] as number)) * factor + (beta[unit] as number),
    ),
  };
}
