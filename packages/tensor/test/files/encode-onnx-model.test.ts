import { expect, test } from 'vitest';
import { unpackRaw } from '../../src/index.ts';
import { decodeOnnxModel, encodeOnnxModel, type OnnxConstant, type OnnxModelInput } from '../../src/onnx.ts';

const value = (name: string): OnnxModelInput['graph']['inputs'][number] => ({ name, dtype: 'F32', shape: ['n', 3] });
const floats = new Uint8Array(Float32Array.of(1, -2, 3).buffer);
const constant = (own: Partial<OnnxConstant> = {}): OnnxConstant => ({ name: 'w', dtype: 'F32', shape: [3], bytes: floats, ...own });
const model = (initializers: readonly OnnxConstant[], attributes: Record<string, never> | object = {}): OnnxModelInput => ({
  graph: {
    nodes: [{ op: 'Mul', inputs: ['x', 'w'], outputs: ['y'], attributes: attributes as never }],
    ...{ initializers, inputs: [value('x')], outputs: [value('y')] },
  },
  versions: new Map([
    ['', 21],
    ['com.example', 3],
  ]),
});

test('what was written is read', () => {
  const attributes = {
    axis: { int: -1 },
    pads: { ints: [0, 2 ** 40] },
    alpha: { float: 0.5 },
    betas: { floats: [1, 2] },
    mode: { text: 'é' },
  };
  const { graph, versions } = decodeOnnxModel(encodeOnnxModel(model([constant()], attributes)));
  expect([...versions]).toEqual([
    ['', 21],
    ['com.example', 3],
  ]);
  expect(graph.nodes).toMatchObject([
    {
      op: 'Mul',
      domain: '',
      inputs: ['x', 'w'],
      outputs: ['y'],
      attributes: { axis: -1, pads: [0, 2 ** 40], alpha: 0.5, betas: [1, 2], mode: 'é' },
    },
  ]);
  expect([graph.inputs, graph.outputs]).toEqual([['x'], ['y']]);
  expect(graph.initializers.map(({ name, read }) => [name, unpackRaw(read())])).toEqual([['w', Float32Array.of(1, -2, 3)]]);
});

test('integers of 4 bits take half a byte', () => {
  expect(encodeOnnxModel(model([constant({ dtype: 'I4', bytes: Uint8Array.of(0x21, 0x03) })])).length).toBeGreaterThan(0);
});

test.each<[string, OnnxModelInput, string]>([
  ['too few bytes', model([constant({ bytes: floats.subarray(0, 8) })]), "'w' has 8 bytes, but F32[3] takes 12"],
  ['a dtype that ONNX lacks', model([constant({ dtype: 'F4' as never })]), "'w' is of dtype"],
  ['an attribute without a type', model([constant()], { axis: 1 as never }), "attribute 'axis'"],
  ['an integer that is none', model([constant()], { axis: { int: 0.5 } }), 'an integer is 0.5'],
])('%s is refused', (_, own, message) => {
  expect(() => encodeOnnxModel(own)).toThrow(message);
});
