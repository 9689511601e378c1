import { describe, expect, it } from 'vitest';
import { graphCost, ParseError, readTfjsGraphModel } from '../../src/index.ts';

const list = (...values: number[]): object => ({ list: { i: values.map(String) } });
const text = (value: string): object => ({ s: btoa(value) });
const node = (name: string, op: string, input: string[] = [], attr: object = {}): object => ({ name, op, input, attr });
const same = { padding: text('SAME'), data_format: text('NHWC') };
const weight = (name: string, shape: number[], dtype = 'float32', more: object = {}): object => ({ name, shape, dtype, ...more });

/** Part of a MobileNet as the converter writes one. */
const model = {
  format: 'graph-model',
  modelTopology: {
    node: [
      node('x', 'Placeholder', [], { shape: { shape: { dim: [{ size: '-1' }, { size: '32' }, { size: '32' }, { size: '3' }] } } }),
      ...['w1', 'b1', 'w2', 'w3', 'axes', 'to'].map((name) => node(name, 'Const')),
      node('c1', '_FusedConv2D', ['x', 'w1', 'b1'], { ...same, strides: list(1, 2, 2, 1) }),
      node('d1', 'DepthwiseConv2dNative', ['c1', 'w2'], { ...same, strides: list(1, 1, 1, 1) }),
      node('r1', 'Relu6', ['d1']),
      node('add', 'AddV2', ['r1', 'c1']),
      node('pool', 'MaxPool', ['add'], { padding: text('VALID'), ksize: list(1, 2, 2, 1), strides: list(1, 2, 2, 1) }),
      node('mean', 'Mean', ['pool', 'axes'], { keep_dims: { b: false } }),
      node('flat', 'Reshape', ['mean', 'to']),
      node('fc', 'MatMul', ['flat:0', 'w3', '^pool'], { transpose_b: { b: true } }),
      node('out', 'Softmax', ['fc']),
    ],
  },
  weightsManifest: [
    {
      paths: ['group1-shard1of1.bin'],
      weights: [
        weight('w1', [3, 3, 3, 8]),
        weight('b1', [8]),
        weight('w2', [3, 3, 8, 1]),
        weight('w3', [10, 8], 'float32', { quantization: { dtype: 'uint8' } }),
        weight('axes', [2], 'int32'),
        weight('to', [2], 'int32'),
      ],
    },
  ],
};
const bytes = new Uint8Array(4 * (216 + 8 + 72) + 80 + 16);
new DataView(bytes.buffer).setInt32(bytes.length - 16, 1, true);
new DataView(bytes.buffer).setInt32(bytes.length - 12, 2, true);
new DataView(bytes.buffer).setInt32(bytes.length - 8, -1, true);
new DataView(bytes.buffer).setInt32(bytes.length - 4, 8, true);

const changed = (change: (nodes: object[]) => object[]): unknown => ({
  ...model,
  modelTopology: { node: change(model.modelTopology.node) },
});

describe('readTfjsGraphModel', () => {
  it('follows shapes through a converted network, sizes from its weights’ bytes', () => {
    const graph = readTfjsGraphModel(model, { batch: 4, weights: bytes });
    expect(graph.batch).toBe(4);
    expect(graph.layers.map(({ name, operation }) => `${name} ${operation.type}`)).toEqual([
      'c1 conv',
      'd1 depthwise',
      'r1 elementwise',
      'add elementwise',
      'pool elementwise',
      'mean elementwise',
      'fc gemm',
      'out softmax',
    ]);
    expect(graph.layers[3]!.inputs).toEqual(['r1', 'c1']);
    // The view is looked through, the quantized weight keeps its bits.
    expect(graph.layers[6]).toMatchObject({ inputs: ['mean'], operation: { m: 4, n: 10, k: 8 }, weights: { bits: 8 } });
    expect(graphCost(graph).denseMacs).toBe(4 * (16 * 16 * 8 * 27 + 16 * 16 * 8 * 9 + 8 * 10));
  });
  it('tells a product with weights from one of two computed matrices', () => {
    const { layers } = readTfjsGraphModel(
      changed((nodes) => [...nodes, node('scores', 'MatMul', ['fc', 'out'], { transpose_b: { b: true } })]),
      { batch: 4, weights: bytes },
    );
    expect(layers.at(-1)!.operation).toEqual({ type: 'gemm', m: 4, n: 4, k: 10, right: 'activations' });
    expect(layers[6]!.operation).toEqual({ type: 'gemm', m: 4, n: 10, k: 8 });
  });
  it.each<[string, unknown, Uint8Array | undefined, RegExp]>([
    ['bytes that are missing', model, undefined, /m\.json: node "mean" \(Mean\): needs the values of "axes"; give the weights' bytes/],
    ['bytes that are too few', model, bytes.slice(0, 100), /the weights have 100 bytes, too few for "axes"/],
    ['a layers model', { modelTopology: {} }, undefined, /modelTopology\.node is missing/],
    [
      'an operator it doesn’t know',
      changed((nodes) => [...nodes, node('t', 'Teleport', ['out'])]),
      bytes,
      /node "t" \(Teleport\): the operator isn’t understood/,
    ],
    ['a node that isn’t there', changed((nodes) => [...nodes, node('t', 'Relu', ['q'])]), bytes, /node "t" reads "q", which isn't a node/],
    ['a circle', changed((nodes) => [...nodes, node('a', 'Relu', ['b']), node('b', 'Relu', ['a'])]), bytes, /the graph has a cycle: /],
    [
      'channels that don’t fit',
      changed((nodes) => [...nodes, node('t', 'Conv2D', ['c1', 'w1'], { ...same, strides: list(1, 1, 1, 1) })]),
      bytes,
      /has 8 channels, but filters of 3/,
    ],
    ['a name that is there twice', changed((nodes) => [...nodes, node('x', 'Relu', ['out'])]), bytes, /two nodes are named "x"/],
  ])('refuses %s', (_, json, weights, message) => {
    const read = (): unknown => readTfjsGraphModel(json, { name: 'm.json', ...(weights && { weights }) });
    expect(read).toThrow(message);
    expect(read).toThrow(ParseError);
  });
});
