import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { linear, random, type ApplyContext, type DenseLayer, type Key, type Layer } from '@x/tensor';
import { positiveBits, wherePositive } from '@x/tensor/quant';
import { othersOf, partsOf } from '../network/parts.ts';
import { stochasticCodec, type ActivationCodec } from './activation-codec.ts';

export interface CompressActivationsOptions {
  /** Default {@link stochasticCodec} of 2 bits. */
  readonly codec?: ActivationCodec;
}

/** What a training step kept for its backward pass. */
export interface KeptActivations {
  readonly name: string;
  /** Of the layer's input in float; its output, which its activation needs, is the input of the next. */
  readonly floatBytes: number;
  readonly bytes: number;
}

/** A network that keeps its activations compressed between the forward and the backward pass. */
export interface CompressedNetwork extends Layer {
  readonly kind: 'compressedActivations';
  /** What the last training step kept, by layer. */
  kept(): readonly KeptActivations[];
}

/**
 * A network whose linear layers keep their inputs compressed for the backward pass, and of their activations one bit a number.
 * Only the gradients of weights see the difference: dW = x̂ᵀ·dz; everything else is exact.
 *
 * @throws {TypeError} naming layers that it can't be made of: it takes dense layers with `relu` or none, flatten, and dropout-free sequences.
 * @example
 * const lean = compressActivations(net, { codec: stochasticCodec({ bits: 2 }) });
 */
export function compressActivations(net: Layer, { codec = stochasticCodec() }: CompressActivationsOptions = {}): CompressedNetwork {
  const where = 'compressActivations';
  const parts = partsOf(where, net);
  const others = othersOf(parts, canCompress);
  if (others.length > 0)
    throw new TypeError(
      `${where}: ${others.map(({ name, layer }) => `layer ${name} (${describe(layer)})`).join(', ')} can't be compressed; dense layers with relu or no activation, and flatten, can.`,
    );
  const sizes = new Map<string, KeptActivations>();
  return {
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
          const next =
            layer.kind === 'dense'
              ? compressedDense(layer as DenseLayer, value, codec, random.fold(key, index), (own) => sizes.set(name, { name, ...own }))
              : layer.apply(value, context);
          // The float activations end here.
          if (value !== x && value !== next) value.dispose();
          value = next;
        });
        return value;
      }),
    kept: () => [...sizes.values()],
    outputShape: (shape) => net.outputShape(shape),
    dispose: () => net.dispose(),
  };
}

function canCompress(layer: Layer): boolean {
  return layer.kind === 'flatten' || (layer.kind === 'dense' && ['linear', 'relu'].includes((layer as DenseLayer).activation));
}

function describe(layer: Layer): string {
  return layer.kind === 'dense' ? `dense with ${(layer as DenseLayer).activation}` : layer.kind;
}

function compressedDense(
  { variables: { weight, bias }, activation, inputs }: DenseLayer,
  input: Tensor,
  codec: ActivationCodec,
  key: Key,
  note: (own: Omit<KeptActivations, 'name'>) => void,
): Tensor {
  const relu = activation === 'relu';
  const run = tf.customGrad((...args: unknown[]) => {
    const [x, w, b] = args as [Tensor, Tensor, Tensor | undefined];
    const save = args.at(-1) as (tensors: Tensor[]) => void;
    const y = linear(x, w, bias ? b : undefined, { activation });
    const compressed = codec.compress(x, key);
    const signs = relu ? [positiveBits(y)] : [];
    save([w, ...signs, ...compressed.tensors]);
    note({
      floatBytes: 4 * x.size,
      bytes: compressed.bytes + 4 * signs.reduce((sum, { size }) => sum + size, 0),
    });
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor[] => {
      const kept = saved[0] as Tensor;
      const dz = relu ? wherePositive(dy, saved[1] as Tensor) : dy;
      const flat = tf.reshape(dz, [-1, dz.shape.at(-1) as number]);
      const restored = tf.reshape(codec.decompress({ ...compressed, tensors: saved.slice(1 + signs.length) }), [-1, inputs]);
      const dx = tf.reshape(tf.matMul(flat, kept, false, true), x.shape);
      return [dx, tf.matMul(restored, flat, true, false), ...(bias ? [tf.sum(flat, 0)] : [])];
    };
    return { value: y, gradFunc: gradFunc as never };
  });
  return bias ? run(input, weight, bias) : run(input, weight);
}
