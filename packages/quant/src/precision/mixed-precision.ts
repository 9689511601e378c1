import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { linear, type ApplyContext, type DenseLayer, type Layer, type NamedVariables } from '@x/tensor';
import type { FloatFormat } from '../formats/float-format.ts';
import { float16 } from '../formats/formats.ts';
import { fitsFloat32 } from '../formats/round-in-place.ts';
import { othersOf, partsOf, unsupportedError } from '../network/parts.ts';
import { checkNumber, show } from '../validation.ts';
import { castTensor, storedAs, type CastCounts } from './cast-tensor.ts';

export interface MixedPrecisionOptions {
  /** What weights, activations and gradients are stored in. Default float16; bfloat16 and 8-bit floats are others. */
  readonly format?: FloatFormat;
  /** First value of what the loss's gradient is multiplied by. Default 65536; 1 means no scaling. */
  readonly lossScale?: number;
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
  readonly format: FloatFormat;
  /** A variable that is not trained; changed by {@link withLossScaling}. */
  readonly lossScale: Variable;
  /** Counts by layer since the last time it was asked, or the start. */
  report(): LayerPrecision[];
}

const NAME = 'lossScale';

/**
 * A network in mixed precision, simulated exactly: its variables stay float32 (the master weights); what is stored of them, of
 * activations, and of gradients is rounded to a small format; products are summed in float32.
 *
 * The gradient of the loss is multiplied by `lossScale` where it enters the network and gradients of weights are divided by it
 * in float32, after they were stored: so an optimizer sees gradients of their true size, infinite or NaN where one overflowed.
 * Train it with {@link withLossScaling} around the optimizer.
 *
 * @throws {TypeError | RangeError} naming layers that it can't be made of, or if the format holds more than float32.
 * @example
 * const half = mixedPrecision(net, { format: formats.float16 });
 * const optimizer = withLossScaling(half, adam());
 *
 * P. Micikevicius et al., "Mixed Precision Training", 2017, arXiv 1710.03740.
 */
export function mixedPrecision(net: Layer, { format = float16, lossScale = 65536 }: MixedPrecisionOptions = {}): MixedPrecisionNetwork {
  const where = 'mixedPrecision';
  if (typeof format?.max !== 'number' || !fitsFloat32(format))
    throw new RangeError(
      `${where}: format is ${show(format?.name ?? format)}, but must be one whose numbers are all float32, such as formats.float16.`,
    );
  checkNumber(where, 'lossScale', lossScale, { above: 0 });
  const parts = partsOf(where, net);
  const others = othersOf(parts);
  if (others.length > 0) throw unsupportedError(where, others);
  const scale = tf.tidy(() => tf.variable(tf.scalar(lossScale), false));
  const counters = new Map(parts.flatMap(({ name, layer }) => (layer.kind === 'dense' ? [[name, newCounts()] as const] : [])));
  const input = emptyCounts();
  const variables: NamedVariables = { ...net.variables, [NAME]: scale };

  const denseStep = (name: string, { variables: own, activation, slope }: DenseLayer, x: Tensor): Tensor => {
    const counts = counters.get(name) as Counts;
    const after = (): number => 1 / (scale.dataSync()[0] as number);
    const stored = (variable: Variable): Tensor =>
      castTensor(variable, { format, forward: counts.weights, backward: counts.weightGradients, after });
    const y = linear(x, stored(own.weight), own.bias && stored(own.bias), { activation, slope });
    return castTensor(y, { format, forward: counts.activations, backward: counts.gradients });
  };

  return {
    kind: 'mixedPrecision',
    format,
    variables,
    lossScale: scale,
    apply: (x: Tensor, context?: ApplyContext) =>
      tf.tidy(() => {
        const first = storedAs(x, format, input);
        const y = parts.reduce(
          (value, { name, layer }) => (layer.kind === 'dense' ? denseStep(name, layer as DenseLayer, value) : layer.apply(value, context)),
          first,
        );
        return scaledGradient(y, () => scale.dataSync()[0] as number);
      }),
    outputShape: (shape) => net.outputShape(shape),
    report: () =>
      Array.from(counters, ([name, counts]) => {
        counters.set(name, newCounts());
        return { name, ...counts };
      }),
    dispose: () => {
      net.dispose();
      if (!scale.isDisposed) scale.dispose();
    },
  };
}

type Counts = Omit<LayerPrecision, 'name'>;

function newCounts(): Counts {
  return { weights: emptyCounts(), activations: emptyCounts(), gradients: emptyCounts(), weightGradients: emptyCounts() };
}

function emptyCounts(): CastCounts {
  return { values: 0, overflowed: 0, underflowed: 0, largest: 0 };
}

/** x, whose gradient is multiplied. */
function scaledGradient(x: Tensor, factor: () => number): Tensor {
  return tf.customGrad((value) => ({ value: tf.clone(value as Tensor), gradFunc: (dy: Tensor) => tf.mul(dy, factor()) }))(x);
}
