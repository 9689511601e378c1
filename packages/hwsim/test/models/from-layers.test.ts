import * as tf from '@tensorflow/tfjs-core';
import {
  activationLayer,
  batchNormLayer,
  conv2d,
  dense,
  depthwiseConv2d,
  dropout,
  embeddingLayer,
  enable,
  flatten,
  globalAveragePool,
  maxPool2d,
  positionalEmbedding,
  random,
  sequential,
  transformerBlock,
} from '@x/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromLayers, fromProfile, graphCost, simulate, tpuV2, type LayerGraph, type NetworkLayer } from '../../src/index.ts';

const key = random.key(0);
const networks = {
  'a perceptron': [() => sequential([dense(784, 64, { activation: 'relu', key }), dense(64, 10, { key })]), [32, 784]],
  'a convolutional network': [
    () =>
      sequential([
        conv2d(3, 16, 3, { padding: 'same', strides: 2, key }),
        batchNormLayer(16),
        activationLayer('relu'),
        depthwiseConv2d(16, 3, { padding: 'same', key }),
        maxPool2d(2),
        dropout(0.1),
        globalAveragePool(),
        dense(16, 10, { key }),
      ]),
    [4, 32, 32, 3],
  ],
  'a grouped convolution': [() => sequential([conv2d(8, 16, 3, { groups: 4, key }), flatten()]), [2, 10, 10, 8]],
  'a transformer': [
    () =>
      sequential([
        embeddingLayer(100, 64, { key }),
        positionalEmbedding(16, 64, { key }),
        transformerBlock(64, { heads: 4, key }),
        dense(64, 100, { key }),
      ]),
    [2, 16],
  ],
} as const;

beforeAll(() => enable());
afterAll(() => tf.disposeVariables());

/** What convolutions of a graph multiply, which a profile shows as it is done. */
const macs = (graph: LayerGraph): number => graphCost(graph).denseMacs;

describe('fromLayers', () => {
  it.each(Object.entries(networks))(
    '%s: parameters are its matrices’, products those of a run under tf.profile',
    async (name, [make, shape]) => {
      const net = make();
      const graph = fromLayers(net, shape);
      expect(graph.batch).toBe(shape[0]);
      // Matrices and tables; biases are part of their layers, and the transformer's positions (its part 1) of their sum.
      const transformer = name === 'a transformer';
      const matrices = Object.entries(net.variables).filter(([path, { rank }]) => rank > 1 && !(transformer && path.startsWith('1.')));
      const norms = graph.layers.reduce((sum, { operation }) => sum + (operation.type === 'norm' ? 2 * operation.columns : 0), 0);
      expect(graphCost(graph).parameters - norms).toBe(matrices.reduce((sum, [, { size }]) => sum + size, 0));
      const input = transformer ? tf.zeros([...shape], 'int32') : tf.zeros([...shape]);
      const profile = await tf.profile(() => net.apply(input));
      expect(macs(fromProfile(profile, { batch: shape[0] }))).toBe(macs(graph));
      // Each layer reads what is before it, all the way.
      expect(graph.layers.slice(1).every(({ inputs }) => inputs!.length > 0)).toBe(true);
      tf.dispose([input, profile.result]);
      net.dispose();
    },
  );
  it('sees the density there is, also of blocks', () => {
    // As layers of @x/sparse are seen from here.
    const sparse = (kind: string, units: number, nonZeros: number, block?: readonly [number, number]): NetworkLayer => ({
      kind,
      variables: { values: { shape: [nonZeros] } },
      outputShape: (shape) => [...shape.slice(0, -1), units],
      ...{ pattern: { nonZeros, ...(block && { block }) } },
    });
    const net: NetworkLayer = {
      kind: 'sequential',
      variables: {},
      parts: { 0: sparse('sparseLinear', 128, 3277), 1: sparse('blockLinear', 64, 2048, [4, 4]) },
      outputShape: (shape) => [...shape.slice(0, -1), 64],
    };
    const graph = fromLayers(net, [8, 256]);
    expect(graph.layers.map(({ weights }) => weights!.density)).toEqual([
      { kind: 'unstructured', density: 3277 / (256 * 128) },
      { kind: 'block', density: 0.25, rows: 4, columns: 4 },
    ]);
  });
  it('costs a training step on many chips as the package’s description says', () => {
    const net = sequential([dense(784, 256, { activation: 'relu', key }), dense(256, 10, { key })]);
    const report = simulate({
      model: fromLayers(net, [128, 784]),
      hardware: tpuV2({ chips: 32 }),
      training: { batch: 4096, parallel: { data: 32 }, precision: 'bf16' },
    });
    expect(report).toMatchObject({ chips: 32, samples: 4096, precision: 'bf16' });
    expect(report.steps.some(({ kind }) => kind === 'exchange')).toBe(true);
    net.dispose();
  });
  it('refuses what it doesn’t understand, by path and remedy', () => {
    const odd = { kind: 'odd', variables: {}, outputShape: (shape: readonly (number | null)[]) => shape };
    const net = { kind: 'sequential', variables: {}, parts: { '3': odd }, outputShape: odd.outputShape };
    expect(() => fromLayers(net, [1, 2])).toThrow('layer 3 odd, a "odd", isn\'t understood; run the network under tf.profile');
    expect(() => fromLayers(net, [0, 2])).toThrow('shape is [0,2], expected whole numbers');
    expect(() => fromLayers({} as typeof net, [1])).toThrow('net is {}, expected a layer');
  });
});

describe('fromProfile', () => {
  it('costs a program of plain tfjs', async () => {
    const [a, w] = [tf.zeros([32, 64]), tf.zeros([64, 16])];
    const profile = await tf.profile(() => tf.tidy(() => tf.softmax(tf.matMul(a, w))));
    const graph = fromProfile(profile, { batch: 32 });
    expect(graph.layers[0]!.operation).toEqual({ type: 'gemm', m: 32, n: 16, k: 64 });
    expect(graph.layers.at(-1)!.operation).toMatchObject({ type: 'softmax', rows: 32, columns: 16 });
    tf.dispose([a, w, profile.result]);
  });
  it('refuses what isn’t a profile or ran nothing', () => {
    expect(() => fromProfile({ kernels: [] })).toThrow('no kernel that computes');
    expect(() => fromProfile({} as { kernels: [] })).toThrow('profile has no kernels');
  });
});
