import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import {
  random,
  softmaxCrossEntropy,
  trainStep,
  type ApplyContext,
  type Batch,
  type DenseLayer,
  type Key,
  type Layer,
  type Loss,
  type Pool2dLayer,
} from '@x/tensor';
import { positiveBits, wherePositive } from '@x/tensor/storage';
import { checkOptions } from '@x/tensor/arguments';
import { othersOf, partsOf } from '../network/parts.ts';
import { checkNumber } from '../validation.ts';
import {
  boundedCodec,
  boundForGradientError,
  exactCodec,
  stochasticCodec,
  type ActivationCodec,
  type CompressedActivations,
} from './activation-codec.ts';
import { compressionOf, inAll, type CompressionReport, type Measured } from './compression-report.ts';
import { withLazyGradients } from './lazy-gradients.ts';
import { isApart, maxPoolByPlaces } from './max-pool-places.ts';
import { biasGradient, weightedOf, type Weighted } from './weighted-layer.ts';

export interface CompressActivationsOptions {
  /** Default {@link stochasticCodec} of 2 bits. */
  readonly codec?: ActivationCodec;
  /**
   * Instead of a codec: the standard deviation that the error of each weight's gradient may have, as a share of the root mean square of
   * the layer's weight gradient. Each layer's error bound follows from it by {@link boundForGradientError}; the first step keeps floats and measures.
   */
  readonly gradientError?: number;
  /** Steps after which bounds are measured again. Default 100. */
  readonly interval?: number;
}

/** What a training step kept for its backward pass. */
export interface KeptActivations {
  readonly name: string;
  /** How, as the codec calls itself. */
  readonly codec: string;
  /** Of the layer's input in float; its output, which its activation needs, is the input of the next. A pool keeps places of its input. */
  readonly floatBytes: number;
  readonly bytes: number;
}

export interface CompressionReportOptions {
  /** Default {@link softmaxCrossEntropy}. */
  readonly loss?: Loss;
  /** Draws what is rounded at random. Default `random.key(0)`. */
  readonly key?: Key;
}

/** A network that keeps its activations compressed between the forward and the backward pass. */
export interface CompressedNetwork extends Layer {
  readonly kind: 'compressedActivations';
  /** What the last training step kept, by layer. */
  kept(): readonly KeptActivations[];
  /**
   * What compression saves and costs on a batch, by layer and in all: bytes beside float32, the activations' errors, and the error of the weights'
   * gradients, measured against the exact gradients of the same batch and as theory expects it. Trains nothing; bounds that no step has chosen
   * yet are chosen by this batch.
   *
   * @throws {TypeError | RangeError} if the batch doesn't fit the network, as `trainStep` says it.
   */
  report(batch: Batch, options?: CompressionReportOptions): CompressionReport;
}

/**
 * A network whose linear layers and convolutions keep their inputs compressed for the backward pass, and of their activations one bit a number,
 * as pools do. Only the gradients of weights see the difference: dW = x̂ᵀ·dz; everything else is exact.
 *
 * @throws {TypeError} naming layers that it can't be made of: it takes dense layers and convolutions with `relu` or none, `maxPool2d` of windows
 * that don't overlap, flatten, unflatten, and sequences of them.
 * @throws {TypeError | RangeError} if both a codec and a gradient's error are given, or an option is out of range.
 * @example
 * await (await enable()).load('storage');
 * const lean = compressActivations(net, { codec: stochasticCodec({ bits: 2 }) });
 * lean.report({ x, y }).relativeError; // of the weights' gradients
 */
export function compressActivations(net: Layer, options: CompressActivationsOptions = {}): CompressedNetwork {
  const { codec, gradientError, interval = 100 } = checkOptions('compressActivations', options);
  const where = 'compressActivations';
  const parts = partsOf(where, net);
  const others = othersOf(parts, canCompress);
  if (others.length > 0)
    throw new TypeError(
      `${where}: ${others.map(({ name, layer }) => `layer ${name} (${describe(layer)})`).join(', ')} can't be compressed; dense layers and convolutions without groups or dilation, with relu or no activation, maxPool2d of windows that don't overlap, flatten and unflatten can.`,
    );
  if (codec && gradientError !== undefined)
    throw new TypeError(`${where}: codec and gradientError are both given; give one, because the error chooses the codec's bound.`);
  if (gradientError !== undefined) checkNumber(where, 'gradientError', gradientError, { above: 0 });
  checkNumber(where, 'interval', interval, { least: 1, whole: true });
  const kept = new Map<string, KeptActivations>();
  const bounds = new Map<string, Bound>();
  let report: Map<string, Measured> | undefined;

  const chosenFor = (name: string): ActivationCodec => {
    if (gradientError === undefined) return codec ?? stochasticCodec();
    const { bound } = bounds.get(name) ?? {};
    return bound === undefined ? exactCodec : boundedCodec(bound);
  };
  const measured = (name: string, dz: Tensor, dW: Tensor): void => {
    if (gradientError === undefined || report) return;
    const last = bounds.get(name);
    if (last && ++last.steps < interval) return;
    const [squares, size] = tf.tidy(() => [sumOfSquares(dz) / (dz.shape.at(-1) as number), Math.sqrt(sumOfSquares(dW) / dW.size)]) as [
      number,
      number,
    ];
    if (!(squares > 0 && size > 0 && Number.isFinite(squares) && Number.isFinite(size))) return;
    // What a codec takes; wider than any network needs.
    const bound = Math.min(Math.max(boundForGradientError(gradientError * size, squares), 1e-30), 1e30);
    bounds.set(name, { bound, steps: 0 });
  };
  const compressed = (name: string, layer: Layer, x: Tensor, key: Key): Tensor => {
    const { weight, bias, relu, weightGradient, inputGradient } = weightedOf(layer) as Weighted;
    const how = chosenFor(name);
    const floatBytes = 4 * x.size;
    let code: CompressedActivations | undefined;
    return withLazyGradients({
      inputs: { x, weight, ...(bias && { bias }) },
      forward: (save) => {
        // With the very variables that it is given.
        const y = layer.apply(x);
        code = how.compress(x, key);
        const signs = relu ? positiveBits(y) : undefined;
        // A report compares with what wasn't compressed.
        save([weight, ...(signs ? [signs] : []), ...code.tensors, ...(report ? [x] : [])]);
        kept.set(name, { name, codec: how.name, floatBytes, bytes: code.bytes + (signs ? 4 * signs.size : 0) });
        return y;
      },
      backward: (dy, saved) => {
        const dz = relu ? wherePositive(dy, saved[1] as Tensor) : dy;
        const { tensors, ...rest } = code as CompressedActivations;
        const first = relu ? 2 : 1;
        return {
          x: () => inputGradient(dz, saved[0] as Tensor, x.shape),
          weight: () => {
            const restored = how.decompress({ ...rest, tensors: saved.slice(first, first + tensors.length) });
            const dW = weightGradient(restored, dz);
            if (report) {
              const { bytes } = kept.get(name) as KeptActivations;
              const exact = saved.at(-1) as Tensor;
              report.set(name, compressionOf({ name, codec: how, floatBytes, bytes, exact, restored, dz, dW, gradient: weightGradient }));
            }
            measured(name, dz, dW);
            return dW;
          },
          ...(bias && { bias: () => biasGradient(dz) }),
        };
      },
    });
  };
  const unweighted = (name: string, layer: Layer, x: Tensor): Tensor => {
    if (layer.kind === 'maxPool2d')
      return maxPoolByPlaces(layer as Pool2dLayer, x, (bytes) =>
        kept.set(name, { name, codec: 'places of the greatest', floatBytes: 4 * x.size, bytes }),
      );
    // Only the shape changes; tfjs's own gradient would keep the numbers for it.
    return tf.customGrad((value) => ({ value: layer.apply(value as Tensor), gradFunc: (dy: Tensor) => tf.reshape(dy, x.shape) }))(x);
  };

  const own: CompressedNetwork = {
    kind: 'compressedActivations',
    variables: net.variables,
    apply: (x: Tensor, context: ApplyContext = {}) =>
      tf.tidy(() => {
        if (!context.training) return net.apply(x, context);
        const { key } = context;
        if (!key)
          throw new TypeError(`${where}: in training the context needs a key: apply(x, { training: true, key: random.key(seed) }).`);
        let value = x;
        parts.forEach(({ name, layer }, index) => {
          const next = weightedOf(layer) ? compressed(name, layer, value, random.fold(key, index)) : unweighted(name, layer, value);
          // The float activations end here.
          if (value !== x && value !== next) value.dispose();
          value = next;
        });
        return value;
      }),
    kept: () => [...kept.values()],
    report: (batch, { loss = softmaxCrossEntropy, key = random.key(0) } = {}) => {
      const state = { step: 0, slots: {} };
      const pass = (): void => trainStep(own, batch, { optimizer: { init: () => state, update: () => {} }, state, loss, key }).dispose();
      if (gradientError !== undefined && bounds.size === 0) pass();
      report = new Map();
      try {
        pass();
        // Gradients come from the last layer to the first.
        return inAll([...report.values()].reverse(), [...kept.values()]);
      } finally {
        report = undefined;
      }
    },
    outputShape: (shape) => net.outputShape(shape),
    dispose: () => net.dispose(),
  };
  return own;
}

/** A layer's error bound, and how many steps it has served. */
interface Bound {
  readonly bound: number;
  steps: number;
}

function sumOfSquares(x: Tensor): number {
  return tf.sum(tf.square(x)).dataSync()[0] as number;
}

function canCompress(layer: Layer): boolean {
  return layer.kind === 'flatten' || layer.kind === 'unflatten' || isApart(layer) || weightedOf(layer) !== undefined;
}

/** What a layer is, and what may be wrong with it. */
function describe(layer: Layer): string {
  const { activation } = layer as Partial<DenseLayer>;
  if (layer.kind === 'maxPool2d') return 'maxPool2d of overlapping windows';
  if (layer.kind !== 'dense' && layer.kind !== 'conv2d') return layer.kind;
  return activation === 'linear' || activation === 'relu' ? `${layer.kind} with groups or dilation` : `${layer.kind} with ${activation}`;
}
