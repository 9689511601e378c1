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
  ])('refuses %j', (json, reason) => expect(() => readTfjsModel(json, { name: 'm.json' })).toThrow(reason));
});
