import { describe, expect, it } from 'vitest';
import { graphCost, predecessors, readTfjsModel } from '../../src/index.ts';

const layer = (class_name: string, config: object, inbound?: string[]): object => ({
  class_name,
  config,
  ...(inbound && { inbound_nodes: [inbound.map((name) => [name, 0, 0, {}])] }),
});
const sequential = (...layers: object[]): object => ({
  format: 'layers-model',
  modelTopology: { keras_version: 'x', model_config: { class_name: 'Sequential', config: { name: 's', layers } } },
});

const convolution = (config: object): object =>
  layer('Conv2D', { name: 'c', filters: 8, kernel_size: [3, 3], padding: 'valid', batch_input_shape: [null, 28, 28, 4], ...config });

describe('readTfjsModel', () => {
  it('reads a convolutional network and its sizes', () => {
    const graph = readTfjsModel(
      sequential(
        layer('Conv2D', {
          name: 'c1',
          filters: 8,
          kernel_size: [3, 3],
          strides: [1, 1],
          padding: 'same',
          batch_input_shape: [null, 28, 28, 1],
        }),
        layer('MaxPooling2D', { name: 'p1', pool_size: [2, 2], strides: [2, 2], padding: 'valid' }),
        layer('DepthwiseConv2D', { name: 'd1', kernel_size: [3, 3], strides: [2, 2], padding: 'same' }),
        layer('Flatten', { name: 'f' }),
        layer('Dense', { name: 'fc', units: 10 }),
      ),
      { batch: 4 },
    );
    expect(graph.batch).toBe(4);
    expect(graph.layers.map((l) => l.name)).toEqual(['c1', 'p1', 'd1', 'fc']);
    expect(graphCost(graph).macs).toBe(4 * (28 * 28 * 8 * 9 + 7 * 7 * 8 * 9 + 7 * 7 * 8 * 10));
    expect(graphCost(graph).parameters).toBe(8 * 9 + 8 * 9 + 392 * 10);
    expect(predecessors(graph)).toEqual([[], [0], [1], [2]]);
  });
  it('takes dilated windows and shapes to be worked out', () => {
    const dilated = { dilation_rate: [2, 2], strides: [1, 1] };
    const graph = readTfjsModel(
      sequential(convolution(dilated), layer('Reshape', { name: 'r', target_shape: [-1, 8] }), layer('Dense', { name: 'd', units: 3 })),
    );
    // 28 - 2 (3 - 1) = 24.
    expect(graph.layers[1]!.operation).toEqual({ type: 'gemm', m: 24 * 24, n: 3, k: 8 });
    expect(graphCost(graph).macs).toBe(24 * 24 * 8 * 9 * 4 + 24 * 24 * 8 * 3);
    const same = readTfjsModel(sequential(convolution({ ...dilated, padding: 'same' })));
    expect(graphCost(same).macs).toBe(28 * 28 * 8 * 9 * 4);
  });
  it('reads a functional network with a branch', () => {
    const graph = readTfjsModel({
      modelTopology: {
        model_config: {
          class_name: 'Model',
          config: {
            layers: [
              layer('InputLayer', { name: 'in', batch_input_shape: [null, 16] }, []),
              layer('Dense', { name: 'a', units: 16 }, ['in']),
              layer('Dropout', { name: 'drop' }, ['a']),
              layer('Add', { name: 'sum' }, ['drop', 'in']),
              layer('Embedding', { name: 'e', input_dim: 100, output_dim: 4 }, ['sum']),
            ],
          },
        },
      },
    });
    expect(graph.layers.map((l) => [l.name, l.inputs])).toEqual([
      ['a', []],
      ['sum', ['a']],
      ['e', ['sum']],
    ]);
  });
  it.each([
    [{}, 'modelTopology is missing'],
    [sequential(layer('Dense', { name: 'd', units: 4 })), 'layer "d" has no input and no batch_input_shape'],
    [sequential(layer('Dense', { name: 'd', units: -4, batch_input_shape: [null, 3] })), 'layer "d": units is -4'],
    [sequential(layer('GRU', { name: 'g', batch_input_shape: [null, 3, 3] })), 'layer "g": GRU isn\'t understood'],
    [sequential(layer('Dense', { name: 'd', units: 4, batch_input_shape: [null, null, 3] })), 'open size'],
    [sequential(layer('Dense', { name: 'd', units: 4, batch_input_shape: 'x' })), 'layer "d" has a batch_input_shape of "x"'],
    [sequential(convolution({ data_format: 'channels_first' })), 'layer "c": has its channels first'],
    [sequential(convolution({ groups: 4 })), 'layer "c": groups is 4'],
    [sequential(convolution({ kernel_size: [50, 3] })), 'layer "c": windows of 50 leave nothing of 28'],
    [sequential(convolution({ strides: [0, 1] })), 'm.json: layer "c": conv.strideHeight is 0'],
    [sequential(convolution({}), convolution({})), 'm.json: graph "m.json": two layers are named "c"'],
    [sequential(convolution({}), layer('Reshape', { name: 'r', target_shape: [5, 5] })), 'layer "r": reshapes [26, 26, 8] to [5, 5]'],
    [sequential(convolution({}), layer('Reshape', { name: 'r', target_shape: [7, -1] })), 'layer "r": reshapes [26, 26, 8] to [7, -1]'],
  ])('refuses %j', (json, reason) => expect(() => readTfjsModel(json, { name: 'm.json' })).toThrow(reason));
});
