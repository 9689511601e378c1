import * as tf from '@tensorflow/tfjs-core';
import { expectNoLeak } from '@x-tooling/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  activationLayer,
  assignVariables,
  attention,
  averagePool2d,
  batchNormLayer,
  checkpointed,
  conv1d,
  conv2d,
  conv2dTranspose,
  decodeSafetensors,
  dense,
  depthwiseConv2d,
  dropout,
  embeddingLayer,
  encodeSafetensors,
  flatten,
  globalAveragePool,
  globalMaxPool,
  groupNormLayer,
  layerNormLayer,
  maxPool2d,
  positionalEmbedding,
  random,
  residual,
  rmsNormLayer,
  sequential,
  transformerBlock,
  unflatten,
  type ApplyContext,
  type Layer,
} from '../../src/index.ts';
import { backends, useBackend } from '../backends.ts';

/** A layer joins by one line: how to make it, a shape it takes and one it refuses, and what comes of it. */
interface Row {
  readonly name: string;
  readonly make: () => Layer;
  readonly input: number[];
  readonly output: number[];
  readonly variables: Record<string, number[]>;
  readonly refused?: number[];
  /** x is whole numbers below this, not normal ones. */
  readonly below?: number;
  /** What the context has beside what training gives it. */
  readonly beside?: () => ApplyContext;
}

/** A row without the parts that say themselves: a gain and a shift, or a weight and a bias. */
const gains = (channels: number): Record<string, number[]> => ({ gamma: [channels], beta: [channels] });

const key = random.key(11);
const [first, second] = random.split(key, 2);
const rows: Row[] = [
  {
    name: 'dense',
    make: () => dense(4, 3, { key }),
    input: [5, 4],
    output: [5, 3],
    variables: { weight: [4, 3], bias: [3] },
    refused: [5, 3],
  },
  {
    name: 'dense, tanh, no bias',
    make: () => dense(4, 3, { key, activation: 'tanh', bias: false }),
    input: [2, 5, 4],
    output: [2, 5, 3],
    variables: { weight: [4, 3] },
    refused: [4, 5],
  },
  {
    name: 'dense, gelu',
    make: () => dense(4, 2, { key, activation: 'gelu' }),
    input: [4],
    output: [2],
    variables: { weight: [4, 2], bias: [2] },
    refused: [5],
  },
  { name: 'activation', make: () => activationLayer('silu'), input: [2, 3], output: [2, 3], variables: {} },
  { name: 'flatten', make: () => flatten(), input: [2, 3, 4], output: [2, 12], variables: {}, refused: [] },
  { name: 'unflatten', make: () => unflatten([3, 2]), input: [2, 6], output: [2, 3, 2], variables: {}, refused: [2, 5] },
  { name: 'dropout', make: () => dropout(0.4), input: [6, 5], output: [6, 5], variables: {} },
  {
    name: 'sequential',
    make: () => sequential([flatten(), dense(6, 4, { key: first, activation: 'sigmoid' }), dropout(0.2), dense(4, 2, { key: second })]),
    input: [3, 2, 3],
    output: [3, 2],
    variables: { '1.weight': [6, 4], '1.bias': [4], '3.weight': [4, 2], '3.bias': [2] },
    refused: [3, 5],
  },
  {
    name: 'conv2d',
    make: () => conv2d(2, 3, [3, 2], { key, activation: 'sigmoid' }),
    input: [2, 5, 4, 2],
    output: [2, 3, 3, 3],
    variables: { weight: [3, 2, 2, 3], bias: [3] },
    refused: [2, 5, 4, 3],
  },
  {
    name: 'conv2d, padded, strided, gelu, no bias',
    make: () => conv2d(1, 2, 3, { key, padding: 1, strides: 2, activation: 'gelu', bias: false }),
    input: [1, 6, 5, 1],
    output: [1, 3, 3, 2],
    variables: { weight: [3, 3, 1, 2] },
    refused: [1, 6, 5],
  },
  {
    name: 'conv2d, dilated, same',
    make: () => conv2d(1, 2, 3, { key, padding: 'same', dilation: 2 }),
    input: [1, 6, 6, 1],
    output: [1, 6, 6, 2],
    variables: { weight: [3, 3, 1, 2], bias: [2] },
    refused: [1, 6, 6, 2],
  },
  {
    name: 'conv2d, groups',
    make: () => conv2d(4, 6, 3, { key, groups: 2, activation: 'elu' }),
    input: [1, 4, 4, 4],
    output: [1, 2, 2, 6],
    variables: { weight: [3, 3, 2, 6], bias: [6] },
    refused: [1, 2, 2, 4],
  },
  {
    name: 'conv1d',
    make: () => conv1d(2, 3, 3, { key, activation: 'tanh', stride: 2, padding: 1 }),
    input: [2, 7, 2],
    output: [2, 4, 3],
    variables: { weight: [3, 2, 3], bias: [3] },
    refused: [2, 7, 3],
  },
  {
    name: 'conv1d, causal, dilated, groups',
    make: () => conv1d(4, 2, 2, { key, padding: 'causal', dilation: 3, groups: 2 }),
    input: [1, 8, 4],
    output: [1, 8, 2],
    variables: { weight: [2, 2, 2], bias: [2] },
    refused: [8, 4],
  },
  {
    name: 'depthwiseConv2d',
    make: () => depthwiseConv2d(3, 3, { key, multiplier: 2, activation: 'softplus', strides: 2, padding: 'same' }),
    input: [1, 5, 5, 3],
    output: [1, 3, 3, 6],
    variables: { weight: [3, 3, 3, 2], bias: [6] },
    refused: [1, 5, 5, 2],
  },
  {
    name: 'depthwiseConv2d, dilated',
    make: () => depthwiseConv2d(2, 2, { key, dilation: 2 }),
    input: [1, 4, 4, 2],
    output: [1, 2, 2, 2],
    variables: { weight: [2, 2, 2, 1], bias: [2] },
    refused: [1, 4, 2, 2],
  },
  {
    name: 'conv2dTranspose',
    make: () => conv2dTranspose(3, 2, 3, { key, strides: 2, activation: 'tanh' }),
    input: [1, 3, 2, 3],
    output: [1, 7, 5, 2],
    variables: { weight: [3, 3, 2, 3], bias: [2] },
    refused: [1, 3, 2, 2],
  },
  {
    name: 'conv2dTranspose, padded',
    make: () => conv2dTranspose(2, 1, 4, { key, strides: 2, padding: 1, bias: false }),
    input: [2, 3, 3, 2],
    output: [2, 6, 6, 1],
    variables: { weight: [4, 4, 1, 2] },
    refused: [2, 3, 3],
  },
  { name: 'maxPool2d', make: () => maxPool2d(2), input: [2, 5, 4, 3], output: [2, 2, 2, 3], variables: {}, refused: [2, 1, 4, 3] },
  {
    name: 'maxPool2d, overlapping, padded',
    make: () => maxPool2d(3, { strides: 2, padding: 1 }),
    input: [1, 5, 5, 2],
    output: [1, 3, 3, 2],
    variables: {},
    refused: [5, 5, 2],
  },
  {
    name: 'averagePool2d',
    make: () => averagePool2d([3, 2], { strides: 1, padding: 'same' }),
    input: [1, 4, 4, 2],
    output: [1, 4, 4, 2],
    variables: {},
    refused: [4, 4],
  },
  { name: 'globalAveragePool', make: () => globalAveragePool(), input: [2, 3, 4, 5], output: [2, 5], variables: {}, refused: [3, 4] },
  { name: 'globalMaxPool', make: () => globalMaxPool(), input: [2, 7, 5], output: [2, 5], variables: {}, refused: [3] },
  { name: 'layerNorm', make: () => layerNormLayer(6), input: [2, 3, 6], output: [2, 3, 6], variables: gains(6), refused: [2, 5] },
  { name: 'rmsNorm', make: () => rmsNormLayer(5), input: [4, 5], output: [4, 5], variables: { gamma: [5] }, refused: [4] },
  {
    name: 'groupNorm',
    make: () => groupNormLayer(6, { groups: 3 }),
    input: [2, 3, 2, 6],
    output: [2, 3, 2, 6],
    variables: gains(6),
    refused: [2, 4],
  },
  {
    name: 'batchNorm',
    make: () => batchNormLayer(3),
    input: [4, 2, 3],
    output: [4, 2, 3],
    variables: { ...gains(3), mean: [3], variance: [3] },
    refused: [4, 2],
  },
  {
    name: 'embedding',
    make: () => embeddingLayer(7, 3, { key }),
    input: [2, 4],
    below: 7,
    output: [2, 4, 3],
    variables: { weight: [7, 3] },
  },
  {
    name: 'positionalEmbedding',
    make: () => positionalEmbedding(5, 3, { key }),
    input: [2, 4, 3],
    output: [2, 4, 3],
    variables: { weight: [5, 3] },
    refused: [2, 6, 3],
  },
  {
    name: 'attention, causal',
    make: () => attention(6, { key, heads: 3, causal: true }),
    input: [2, 4, 6],
    output: [2, 4, 6],
    variables: { 'qkv.weight': [6, 18], 'qkv.bias': [18], 'out.weight': [6, 6], 'out.bias': [6] },
    refused: [2, 4, 5],
  },
  {
    name: 'attention, cross, masked',
    make: () => attention(4, { key, heads: 2, memory: 3, bias: false }),
    input: [2, 3, 4],
    output: [2, 3, 4],
    variables: { 'query.weight': [4, 4], 'keyValue.weight': [3, 8], 'out.weight': [4, 4] },
    beside: () => ({
      memory: random.normal(random.key(8), [2, 5, 3]),
      mask: tf.tensor([1, 1, 0, 1, 1, 0, 1, 1, 1, 0], [2, 1, 1, 5], 'bool'),
    }),
  },
  {
    name: 'residual',
    make: () => residual([layerNormLayer(3), dense(3, 3, { key, activation: 'tanh' }), dropout(0.3)]),
    input: [4, 3],
    output: [4, 3],
    variables: { 'inner.0.gamma': [3], 'inner.0.beta': [3], 'inner.1.weight': [3, 3], 'inner.1.bias': [3] },
    refused: [4, 2],
  },
  {
    name: 'residual with a shortcut',
    make: () => residual(dense(3, 2, { key: first, bias: false }), { shortcut: dense(3, 2, { key: second, bias: false }) }),
    input: [4, 3],
    output: [4, 2],
    variables: { 'inner.weight': [3, 2], 'shortcut.weight': [3, 2] },
    refused: [4, 2],
  },
  {
    name: 'transformerBlock',
    make: () => transformerBlock(4, { key, heads: 2, causal: true, hidden: 5, dropout: 0.1 }),
    input: [2, 3, 4],
    output: [2, 3, 4],
    variables: {
      '0.inner.0.gamma': [4],
      '0.inner.0.beta': [4],
      '0.inner.1.qkv.weight': [4, 12],
      '0.inner.1.qkv.bias': [12],
      '0.inner.1.out.weight': [4, 4],
      '0.inner.1.out.bias': [4],
      '1.inner.0.gamma': [4],
      '1.inner.0.beta': [4],
      '1.inner.1.weight': [4, 5],
      '1.inner.1.bias': [5],
      '1.inner.2.weight': [5, 4],
      '1.inner.2.bias': [4],
    },
    refused: [2, 4],
  },
  {
    name: 'checkpointed',
    make: () => checkpointed(sequential([dense(3, 4, { key: first, activation: 'tanh' }), dropout(0.4), dense(4, 2, { key: second })])),
    input: [5, 3],
    output: [5, 2],
    variables: { '0.weight': [3, 4], '0.bias': [4], '2.weight': [4, 2], '2.bias': [2] },
    refused: [5, 4],
  },
  ...(['sqrt', { segments: 2 }, { snapshots: 2 }] as const).map((checkpoint): Row => ({
    name: `sequential, checkpoint ${JSON.stringify(checkpoint)}`,
    make: () =>
      sequential(
        [
          dense(3, 4, { key: first, activation: 'tanh' }),
          dropout(0.2),
          dense(4, 3, { key: second }),
          activationLayer('silu'),
          dense(3, 2, { key }),
        ],
        { checkpoint },
      ),
    input: [5, 3],
    output: [5, 2],
    variables: { '0.weight': [3, 4], '0.bias': [4], '2.weight': [4, 3], '2.bias': [3], '4.weight': [3, 2], '4.bias': [2] },
    refused: [5, 4],
  })),
  { name: 'sequential of nothing', make: () => sequential([]), input: [3], output: [3], variables: {} },
  {
    name: 'sequential in sequential',
    make: () => sequential([sequential([dense(3, 2, { key })])]),
    input: [1, 3],
    output: [1, 2],
    variables: { '0.0.weight': [3, 2], '0.0.bias': [2] },
    refused: [1, 2],
  },
];

describe.each(backends)('%s', (backend) => {
  beforeAll(() => useBackend(backend));

  describe.each(rows)('$name', ({ make, input, output, variables, refused, below, beside = () => ({}) }) => {
    const x = (): tf.Tensor =>
      below === undefined
        ? random.normal(random.key(3), input)
        : tf.tidy(() => tf.cast(random.uniform(random.key(3), input, { max: below }), 'int32'));
    let others: ApplyContext = {};
    let context: ApplyContext = {};
    beforeAll(() => {
      others = beside();
      context = { training: true, key: random.key(5), ...others };
    });
    afterAll(() => tf.dispose(Object.values(others)));

    test('has its variables, named and shaped', () => {
      const layer = make();
      expect(Object.fromEntries(Object.entries(layer.variables).map(([name, { shape }]) => [name, shape]))).toEqual(variables);
      layer.dispose();
    });

    test('gives its shape, and says so beforehand', () => {
      const layer = make();
      tf.tidy(() => {
        expect(layer.apply(x(), others)).toHaveShape(output);
        expect(layer.apply(x(), context)).toHaveShape(output);
      });
      expect(layer.outputShape(input)).toEqual(output);
      expect(layer.outputShape([null, ...input.slice(1)]).length).toBe(output.length);
      layer.dispose();
    });

    test('is a new tensor and leaves x alone', () => {
      const layer = make();
      tf.tidy(() => {
        const given = x();
        const before = given.dataSync().slice();
        const y = layer.apply(given, others);
        expect(y).not.toBe(given);
        y.dispose();
        expect(given).toBeAllclose(before, { rtol: 0, atol: 0 });
      });
      layer.dispose();
    });

    test('gives the same for the same key, and makes the same variables', () => {
      const [one, other] = [make(), make()];
      tf.tidy(() => {
        expect(one.apply(x(), context)).toBeAllclose(other.apply(x(), context), { rtol: 0, atol: 0 });
      });
      one.dispose();
      other.dispose();
    });

    test('gradients are those by differences, within 2e-3', () => {
      const layer = make();
      tf.tidy(() => {
        const leaves = [x(), ...Object.values(layer.variables).filter(({ trainable }) => trainable)];
        const differentiable = leaves.filter(({ dtype }) => dtype === 'float32');
        const measure = (): tf.Tensor =>
          tf.sum(tf.mul(layer.apply(leaves[0]!, context), tf.reshape(tf.range(1, 1 + tf.util.sizeFromShape(output)), output)));
        const gradients = tf.grads(() => measure())(differentiable);
        differentiable.forEach((leaf, index) => {
          const numbers = leaf.dataSync().slice() as Float32Array;
          const set = (values: Float32Array): void => {
            if (leaf === differentiable[0] && leaves[0]!.dtype === 'float32') leaves[0] = tf.tensor(values, leaf.shape);
            else (leaf as tf.Variable).assign(tf.tensor(values, leaf.shape));
          };
          for (let i = 0; i < numbers.length; i += Math.max(1, Math.floor(numbers.length / 5))) {
            const at = (step: number): number => {
              const moved = numbers.slice();
              moved[i]! += step;
              set(moved);
              return measure().dataSync()[0]!;
            };
            const across = (h: number): number => (at(h) - at(-h)) / (2 * h);
            // Extrapolated, so that what the step itself does wrong is of its fourth power.
            const slope = (4 * across(2 ** -5) - across(2 ** -4)) / 3;
            const scale = 2e-3 * Math.max(1, Math.abs(slope));
            expect(Math.abs(gradients[index]!.dataSync()[i]! - slope), `leaf ${index}, element ${i}: by differences ${slope}`).toBeLessThan(
              scale,
            );
          }
          set(numbers);
        });
      });
      layer.dispose();
    });

    test('is the same again after its variables went through a file', async () => {
      const [one, other] = [make(), make()];
      tf.tidy(() => Object.values(one.variables).forEach((variable) => variable.assign(tf.add(tf.mul(variable, 1.5), 0.25))));
      const { tensors } = decodeSafetensors(await encodeSafetensors(one.variables));
      assignVariables(other.variables, tensors);
      tf.tidy(() => {
        expect(other.apply(x(), others)).toBeAllclose(one.apply(x(), others), { rtol: 0, atol: 0 });
      });
      tf.dispose(tensors);
      one.dispose();
      other.dispose();
    });

    test('leaks nothing, and disposes twice', () => {
      expectNoLeak(() => {
        const layer = make();
        tf.dispose(tf.tidy(() => [layer.apply(x(), others), layer.apply(x(), context)]));
        layer.dispose();
        layer.dispose();
      });
    });

    test('outside a tidy it leaves only its result', () => {
      const layer = make();
      const given = x();
      for (const training of [false, true]) expectNoLeak(() => layer.apply(given, { ...others, training, key }), { keeps: 1 }).dispose();
      given.dispose();
      layer.dispose();
    });

    if (refused === undefined) return;
    test('refuses a shape, and leaks nothing then', () => {
      expectNoLeak(() => {
        const layer = make();
        const wrong = tf.zeros(refused);
        expect(() => layer.apply(wrong)).toThrow(/shape|rank|axis/);
        wrong.dispose();
        layer.dispose();
      });
    });
  });
});
