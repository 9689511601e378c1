import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { graphCost, ParseError, randomNumbers, readOnnxModel, type Operation } from '../../src/index.ts';
import { onnxBytes, type Model } from './onnx-bytes.ts';

/** A small network as PyTorch exports one: shapes computed within it, channels first. */
const convolutional: Model = {
  inputs: { x: ['N', 3, 32, 32] },
  weights: { w1: [16, 3, 3, 3], b1: [16], w2: [16, 1, 3, 3], w3: [1024, 10], scale: [16] },
  integers: { zero: [0], rest: [-1], axis: [0] },
  nodes: [
    { op: 'Conv', inputs: ['x', 'w1', 'b1'], output: 'c1', attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [2, 2] } },
    { op: 'BatchNormalization', inputs: ['c1', 'scale', 'scale', 'scale', 'scale'], output: 'n1' },
    { op: 'Relu', inputs: ['n1'], output: 'r1' },
    { op: 'Conv', inputs: ['r1', 'w2'], output: 'c2', attributes: { group: 16, pads: [1, 1, 1, 1] } },
    { op: 'Add', inputs: ['c2', 'r1'], output: 'sum' },
    { op: 'MaxPool', inputs: ['sum'], output: 'p', attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
    { op: 'Shape', inputs: ['p'], output: 's' },
    { op: 'Gather', inputs: ['s', 'zero'], output: 'n' },
    { op: 'Concat', inputs: ['n', 'rest'], output: 'to', attributes: { axis: 0 } },
    { op: 'Reshape', inputs: ['p', 'to'], output: 'flat' },
    { op: 'Gemm', inputs: ['flat', 'w3'], output: 'y' },
    { op: 'Softmax', inputs: ['y'], output: 'out' },
  ],
};

const operations = (model: Model, batch = 1): Operation[] =>
  readOnnxModel(onnxBytes(model), { batch }).layers.map(({ operation }) => operation);

describe('readOnnxModel', () => {
  it('follows shapes through a convolutional network and costs it', () => {
    const graph = readOnnxModel(onnxBytes(convolutional), { batch: 4 });
    expect(graph.batch).toBe(4);
    expect(graph.layers.map(({ operation }) => operation.type)).toEqual([
      'conv',
      'norm',
      'elementwise',
      'depthwise',
      'elementwise',
      'elementwise',
      'gemm',
      'softmax',
    ]);
    expect(graph.layers[4]!.inputs).toEqual(['Conv of c2', 'Relu of r1']);
    // Views cost nothing and are looked through.
    expect(graph.layers[6]!.inputs).toEqual(['MaxPool of p']);
    expect(graphCost(graph).denseMacs).toBe(4 * (16 * 16 * 16 * 27 + 16 * 16 * 16 * 9 + 1024 * 10));
  });
  it('follows slices that run backwards or leave some out', () => {
    const last = (starts: number, ends: number, steps: number): Operation | undefined =>
      operations({
        inputs: { x: [2, 10] },
        integers: { starts: [starts], ends: [ends], axes: [1], steps: [steps] },
        nodes: [
          { op: 'Slice', inputs: ['x', 'starts', 'ends', 'axes', 'steps'], output: 'y' },
          { op: 'Relu', inputs: ['y'], output: 'z' },
        ],
      }).at(-1);
    // As numpy's x[:, 9::-1], x[:, -1:2:-3], x[:, 1:9:3].
    expect(last(-1, -1000, -1)).toMatchObject({ elements: 2 * 10 });
    expect(last(-1, 2, -3)).toMatchObject({ elements: 2 * 3 });
    expect(last(1, 9, 3)).toMatchObject({ elements: 2 * 3 });
    // The first and the last of a shape, the last first: [7, 2].
    const product = operations({
      inputs: { x: [2, 3, 7], y: [42] },
      weights: { w: [2, 5] },
      integers: { starts: [-1], ends: [-1000], axes: [0], steps: [-2], rest: [3] },
      nodes: [
        { op: 'Shape', inputs: ['x'], output: 's' },
        { op: 'Slice', inputs: ['s', 'starts', 'ends', 'axes', 'steps'], output: 'ends-of-s' },
        { op: 'Concat', inputs: ['rest', 'ends-of-s'], output: 'to', attributes: { axis: 0 } },
        { op: 'Reshape', inputs: ['y', 'to'], output: 'r' },
        { op: 'MatMul', inputs: ['r', 'w'], output: 'z' },
      ],
    });
    expect(product.at(-1)).toMatchObject({ type: 'gemm', m: 21, n: 5, k: 2 });
  });
  it('reads a transformer’s products: weights for all, or a matrix for each head', () => {
    expect(
      operations({
        inputs: { x: [2, 8, 64], heads: [2, 4, 8, 16], other: [2, 4, 16, 8] },
        weights: { w: [64, 256], table: [1000, 64] },
        integers: { ids: [1, 2, 3] },
        nodes: [
          { op: 'MatMul', inputs: ['x', 'w'], output: 'a' },
          { op: 'MatMul', inputs: ['heads', 'other'], output: 'b' },
          { op: 'Softmax', inputs: ['b'], output: 'c', attributes: { axis: -1 } },
          { op: 'Gather', inputs: ['table', 'ids'], output: 'd' },
        ],
      }),
    ).toEqual([
      { type: 'gemm', m: 16, n: 256, k: 64 },
      { type: 'gemm', m: 8, n: 8, k: 16, batch: 8, right: 'activations' },
      { type: 'softmax', rows: 64, columns: 8 },
      { type: 'embedding', lookups: 3, rows: 1000, columns: 64 },
    ]);
  });
  it('keeps the bits of narrow weights, also behind DequantizeLinear', () => {
    const quantized = readOnnxModel(
      onnxBytes({
        inputs: { x: [1, 64] },
        int8: { w: [64, 10] },
        weights: { s: [10] },
        nodes: [
          { op: 'QuantizeLinear', inputs: ['x', 's'], output: 'q' },
          { op: 'DequantizeLinear', inputs: ['q', 's'], output: 'd' },
          { op: 'DequantizeLinear', inputs: ['w', 's'], output: 'v' },
          { op: 'MatMul', inputs: ['d', 'v'], output: 'y' },
        ],
      }),
    );
    expect(quantized.layers).toHaveLength(1);
    expect(quantized.layers[0]!.weights).toEqual({ bits: 8 });
    const graph = readOnnxModel(
      onnxBytes({ inputs: { x: [1, 64] }, int8: { w: [64, 10] }, nodes: [{ op: 'MatMul', inputs: ['x', 'w'], output: 'y' }] }),
    );
    expect(graph.layers[0]!.weights).toEqual({ bits: 8 });
  });
  it.each<[string, Partial<Model>, RegExp]>([
    [
      'an operator it doesn’t know',
      { nodes: [{ op: 'Teleport', inputs: ['x'], output: 'y' }] },
      /m\.onnx: node 0 "Teleport of y" \(Teleport\): the operator/,
    ],
    [
      'shapes that don’t multiply',
      { weights: { w: [3, 3] }, nodes: [{ op: 'MatMul', inputs: ['x', 'w'], output: 'y' }] },
      /multiplies \[1, 3, 8, 8\] by \[3, 3\]/,
    ],
    ['an open size', { inputs: { x: [1, 'C'] } }, /input "x" leaves axis 1 open \("C"\); give options\.sizes\.C/],
    ['a value nobody computes', { nodes: [{ op: 'Relu', inputs: ['q'], output: 'y' }] }, /input "q" has no known shape/],
    ['a graph without work', { nodes: [{ op: 'Identity', inputs: ['x'], output: 'y' }] }, /no node computes anything/],
    [
      'a reshape to other elements',
      { integers: { to: [5, 5] }, nodes: [{ op: 'Reshape', inputs: ['x', 'to'], output: 'y' }] },
      /reshapes \[1, 3, 8, 8\] to \[5, 5\]/,
    ],
  ])('refuses %s, naming file, node and reason', (_, change, message) => {
    const model: Model = { inputs: { x: [1, 3, 8, 8] }, nodes: [{ op: 'Relu', inputs: ['x'], output: 'y' }], ...change };
    expect(() => readOnnxModel(onnxBytes(model), { name: 'm.onnx' })).toThrow(message);
    expect(() => readOnnxModel(onnxBytes(model), { name: 'm.onnx' })).toThrow(ParseError);
  });
  it('refuses damaged files with an error of its own: 2,000 of them', () => {
    const whole = onnxBytes(convolutional);
    const random = randomNumbers(7);
    let refused = 0;
    for (let i = 0; i < 2000; i++) {
      const bytes = whole.slice(0, i % 4 === 0 ? Math.floor(random() * whole.length) : whole.length);
      for (let n = i % 4 === 0 ? 0 : 1 + (i % 3); n > 0; n--) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      try {
        readOnnxModel(bytes, { name: 'damaged.onnx' });
      } catch (error) {
        refused++;
        expect(error, String((error as Error).stack)).toBeInstanceOf(ParseError);
      }
    }
    expect(refused).toBeGreaterThan(1000);
  });

  const data = '/usr/share/libonnx-testdata/data';
  it.skipIf(!existsSync(data))('reads or refuses with a reason every model of ONNX’s own test data (Debian’s libonnx-testdata)', () => {
    let read = 0;
    for (const kind of ['node', 'pytorch-converted', 'pytorch-operator', 'simple'])
      for (const test of readdirSync(join(data, kind))) {
        const file = join(data, kind, test, 'model.onnx');
        if (!existsSync(file)) continue;
        try {
          readOnnxModel(readFileSync(file), { name: test });
          read++;
        } catch (error) {
          expect(error, String((error as Error).stack)).toBeInstanceOf(ParseError);
        }
      }
    expect(read).toBeGreaterThan(400);
  });
});
