import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import {
  linear,
  sequential,
  type ApplyContext,
  type Conv2dLayer,
  type DenseLayer,
  type DepthwiseConv2dLayer,
  type Layer,
  type NamedVariables,
} from '@x/tensor';
import { checkOptions } from '@x/tensor/arguments';
import { float16 } from '../formats/formats.ts';
import { isComposite, partsOf, unsupportedError, type NamedPart } from '../network/parts.ts';
import { convolved } from '../network/run-step.ts';
import type { UnitScaledLayer } from '../unit-scaling/unit-layer.ts';
import { checkNumber } from '../validation.ts';
import { checkStorageFormat, type StorageFormat } from './storage-format.ts';
import { castTensor, newCastCounts, storedAs, type CastCounts } from './cast-tensor.ts';

export interface MixedPrecisionOptions {
  /**
   * What weights, activations and gradients are stored in. Default float16; bfloat16, 8-bit floats, any `floatFormat`, and microscaling blocks
   * such as `{ element: formats.e2m1, block: 32 }` are others.
   */
  readonly format?: StorageFormat;
  /** What gradients are stored in, where that is another, such as e5m2 beside e4m3fn. Default `format`. */
  readonly gradients?: StorageFormat;
  /** First value of what the loss's gradient is multiplied by. Default 65536; 1 means no scaling. */
  readonly lossScale?: number;
  /** Whether the report counts the exponents of all numbers too, one by one in JavaScript: many times the time of a step. Default false. */
  readonly histograms?: boolean;
}

/** What passed through the storage of a layer since the report before. */
export interface LayerPrecision {
  readonly name: string;
  readonly weights: Readonly<CastCounts>;
  readonly activations: Readonly<CastCounts>;
  /** Of the layer's output, multiplied by the loss scale. */
  readonly gradients: Readonly<CastCounts>;
  readonly weightGradients: Readonly<CastCounts>;
}

/** A network that computes as hardware with small floats would. */
export interface MixedPrecisionNetwork extends Layer {
  readonly kind: 'mixedPrecision';
  readonly format: StorageFormat;
  /** A variable that is not trained; changed by {@link withLossScaling}. */
  readonly lossScale: Variable;
  /** Counts by layer since the last time it was asked, or the start. */
  report(): LayerPrecision[];
}

const NAME = 'lossScale';

/**
 * A network in mixed precision, simulated exactly by the kernels of `storage`: its variables stay float32 (the master weights); what is stored of them, of
 * activations, and of gradients is rounded to a small format; products are summed in float32. Normalizations and embeddings keep
 * float32 weights.
 *
 * The gradient of the loss is multiplied by `lossScale` where it enters the network and gradients of weights are divided by it
 * in float32, after they were stored: so an optimizer sees gradients of their true size, infinite or NaN where one overflowed.
 * Train it with {@link withLossScaling} around the optimizer.
 *
 * @throws {TypeError | RangeError} naming layers that it can't be made of, or if the format holds more than float32.
 * @example
 * await (await enable()).load('storage');
 * const half = mixedPrecision(net, { format: formats.float16 });
 * const optimizer = withLossScaling(half, adam());
 *
 * P. Micikevicius et al., "Mixed Precision Training", 2017, arXiv 1710.03740.
 */
export function mixedPrecision(net: Layer, options: MixedPrecisionOptions = {}): MixedPrecisionNetwork {
  const { format = float16, gradients = format, lossScale = 65536, histograms = false } = checkOptions('mixedPrecision', options);
  const where = 'mixedPrecision';
  for (const [argument, own] of Object.entries({ format, gradients })) checkStorageFormat(where, argument, own);
  checkNumber(where, 'lossScale', lossScale, { above: 0 });
  const others: NamedPart[] = [];
  const counters = new Map<string, Counts>();
  const input = newCastCounts(false);
  let scale: Variable | undefined;
  const lossScaleNow = (): number => (scale as Variable).dataSync()[0] as number;
  const after = (): number => 1 / lossScaleNow();
  const countsOf = (name: string): Counts => {
    const own = counters.get(name) ?? newCounts(histograms);
    counters.set(name, own);
    return own;
  };

  /** A layer that stores what it gives in the format, and the weights of products too; other weights stay float32, as in the paper. */
  const storing = (name: string, layer: Layer, multiply: (x: Tensor, stored: Stored, context?: ApplyContext) => Tensor): Layer => {
    countsOf(name);
    return {
      ...layer,
      apply: (x, context) => {
        const counts = countsOf(name);
        const stored: Stored = (variable) =>
          castTensor(variable, { format, gradients, forward: counts.weights, backward: counts.weightGradients, after });
        return castTensor(multiply(x, stored, context), { format, gradients, forward: counts.activations, backward: counts.gradients });
      },
    };
  };
  const mixed = ({ name, layer }: NamedPart): Layer => {
    if (isComposite(layer)) return withParts(name, layer);
    switch (layer.kind) {
      case 'dense': {
        const { variables: own, activation, slope } = layer as DenseLayer;
        return storing(name, layer, (x, stored) => linear(x, stored(own.weight), own.bias && stored(own.bias), { activation, slope }));
      }
      case 'conv2d':
      case 'depthwiseConv2d': {
        const own = layer as Conv2dLayer | DepthwiseConv2dLayer;
        if ('groups' in own && own.groups !== 1) break;
        const { weight, bias } = own.variables;
        const windows = { ...own, depthwise: layer.kind === 'depthwiseConv2d' };
        return storing(name, layer, (x, stored) => convolved(x, stored(weight) as Tensor4D, bias && stored(bias), windows, own));
      }
      default:
    }
    // Of @x/quant/unit-scaling.
    if (layer.kind === 'unitScaled') {
      const { compute, variables: own } = layer as UnitScaledLayer;
      const ownStored = (stored: Stored): [string, Tensor][] => Object.entries(own).map(([part, variable]) => [part, stored(variable)]);
      return storing(name, layer, (x, stored, context) => compute(x, Object.fromEntries(ownStored(stored)), context));
    }
    if (unchanged.has(layer.kind)) return layer;
    if (normalizing.has(layer.kind))
      return storing(name, layer, (x) => {
        // Within, gradients have their true size: those of its weights are not scaled.
        const inside = x.dtype === 'float32' ? scaledGradient(x, lossScaleNow) : x;
        return scaledGradient(layer.apply(inside), after);
      });
    others.push({ name, layer });
    return layer;
  };
  const inRow = (parts: readonly NamedPart[]): Layer => sequential(parts.map(mixed));
  const withParts = (name: string, layer: Layer): Layer => {
    const parts = Object.entries(layer.parts as Readonly<Record<string, Layer>>);
    const made = parts.map(([part, own]): [string, Layer] => [part, inRow(partsOf(where, own, `${name}.${part}`))]);
    return (layer.withParts as NonNullable<Layer['withParts']>)(Object.fromEntries(made));
  };
  const body = inRow(partsOf(where, net));
  if (others.length > 0) throw unsupportedError(where, others, `What can is ${known.join(', ')}, and containers of them.`);
  const own = (scale = tf.tidy(() => tf.variable(tf.scalar(lossScale), false)));
  const variables: NamedVariables = { ...net.variables, [NAME]: own };

  return {
    kind: 'mixedPrecision',
    format,
    variables,
    lossScale: own,
    apply: (x: Tensor, context?: ApplyContext) =>
      tf.tidy(() => scaledGradient(body.apply(x.dtype === 'float32' ? storedAs(x, format, input) : x, context), lossScaleNow)),
    outputShape: (shape) => net.outputShape(shape),
    report: () =>
      Array.from(counters, ([name, counts]) => {
        counters.set(name, newCounts(histograms));
        return { name, ...counts };
      }),
    dispose: () => {
      net.dispose();
      if (!own.isDisposed) own.dispose();
    },
  };
}

/** A variable as the format stores it. */
type Stored = (variable: Variable) => Tensor;

/** Layers that give out what they got. */
const unchanged: ReadonlySet<string> = new Set(['flatten', 'unflatten', 'dropout', 'maxPool2d', 'globalMaxPool']);
/** Layers whose sums and weights are float32, and what they give is stored. */
const normalizing: ReadonlySet<string> = new Set([
  ...['embedding', 'positionalEmbedding', 'layerNorm', 'rmsNorm', 'groupNorm'],
  ...['activation', 'averagePool2d', 'globalAveragePool'],
]);
const known: readonly string[] = ['dense', 'conv2d', 'depthwiseConv2d', ...unchanged, ...normalizing];

type Counts = Omit<LayerPrecision, 'name'>;

function newCounts(histograms: boolean): Counts {
  const [weights, activations, gradients, weightGradients] = Array.from({ length: 4 }, () => newCastCounts(histograms)) as [
    ...[CastCounts, CastCounts, CastCounts, CastCounts],
  ];
  return { weights, activations, gradients, weightGradients };
}

/** x, whose gradient is multiplied. */
function scaledGradient(x: Tensor, factor: () => number): Tensor {
  return tf.customGrad((value) => ({ value: tf.clone(value as Tensor), gradFunc: (dy: Tensor) => tf.mul(dy, factor()) }))(x);
}
