import * as tf from '@tensorflow/tfjs-core';
import {
  activationLayer,
  averagePool2d,
  batchNormLayer,
  conv2d,
  dense,
  depthwiseConv2d,
  embeddingLayer,
  flatten,
  globalAveragePool,
  layerNormLayer,
  maxPool2d,
  positionalEmbedding,
  random,
  residual,
  rmsNormLayer,
  sequential,
  transformerBlock,
  unflatten,
  type Layer,
} from '@x/tensor';
import { encodeOnnxModel, OnnxError, type OnnxConstant, type OnnxNodeInput } from '@x/tensor/onnx';
import { expectNoLeak } from '@x-tooling/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { quantize, type QuantizeOptions } from '../src/index.ts';
import { fromOnnx, toOnnx } from '../src/onnx.ts';
import { backends, useBackend } from './backends.ts';
import { runOnnxruntime } from './onnxruntime.ts';

const keys = random.split(random.key(1), 8);
const biasInit = (shape: readonly number[], key: random.Key): tf.Tensor => random.normal(key, [...shape]);
const values = (net: Pick<Layer, 'apply'>, x: tf.Tensor): Float32Array => tf.tidy(() => net.apply(x).dataSync() as Float32Array);
const images = (): tf.Tensor => random.normal(random.key(3), [12, 12, 10, 4]);
const rows = (): tf.Tensor => random.normal(random.key(3), [20, 32]);
const ids = (): tf.Tensor =>
  tf.tensor2d(
    Array.from(random.bits(random.key(3), 48), (draw) => draw % 11),
    [6, 8],
    'int32',
  );

const mlp = (): Layer =>
  sequential([
    dense(32, 48, { activation: 'relu', key: keys[0]!, biasInit }),
    dense(48, 40, { activation: 'relu6', key: keys[1]!, bias: false }),
    dense(40, 24, { activation: 'silu', key: keys[2]!, biasInit }),
    activationLayer('tanh'),
    dense(24, 5, { key: keys[3]!, bias: false }),
  ]);
const cnn = (): Layer =>
  sequential([
    conv2d(4, 8, 3, { padding: 'same', activation: 'relu', key: keys[0]!, biasInit }),
    maxPool2d(2),
    depthwiseConv2d(8, 3, { strides: [2, 1], padding: 1, multiplier: 2, activation: 'relu6', key: keys[1]!, biasInit }),
    averagePool2d(2, { strides: 1, padding: 'same' }),
    residual([conv2d(16, 16, 1, { key: keys[5]! })]),
    conv2d(16, 6, [1, 2], { activation: 'gelu', key: keys[2]! }),
    conv2d(6, 5, 2, { dilation: 2, key: keys[3]! }),
    batchNormLayer(5),
    flatten(),
    dense(10, 8, { key: keys[4]!, biasInit }),
    unflatten([2, 1, 4]),
    conv2d(4, 3, [2, 1], { key: keys[6]! }),
    globalAveragePool(),
    dense(3, 2, { activation: 'leakyRelu', slope: 0.2, key: keys[7]! }),
  ]);
const transformer = (): Layer =>
  sequential([
    embeddingLayer(11, 16, { key: keys[0]! }),
    positionalEmbedding(12, 16, { key: keys[1]! }),
    transformerBlock(16, { heads: 2, causal: true, hidden: 32, key: keys[2]! }),
    rmsNormLayer(16),
    layerNormLayer(16),
    dense(16, 11, { key: keys[4]! }),
  ]);

// Other backends take seconds for what the others say already.
const onAll = ['linear layers', 'convolutions, some in float'];

describe.each(backends)('ONNX models on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  describe.each(['qdq', 'qoperator'] as const)('of the %s form', (form) => {
    const cases: readonly [string, () => Layer, () => tf.Tensor, QuantizeOptions][] = [
      ['linear layers', mlp, rows, {}],
      ['linear layers with zero points', mlp, rows, { weights: { integers: 'asymmetric' } }],
      [
        'linear layers per tensor, one in float',
        mlp,
        rows,
        { weights: { granularity: 'tensor', integers: 'asymmetric' }, layers: { '4': 'float' } },
      ],
      [
        'linear layers of 4 bits in groups',
        mlp,
        rows,
        { scheme: 'int4', activations: 'float', weights: { groupSize: 8, integers: 'asymmetric' } },
      ],
      ['linear layers of 4 bits by channel', mlp, rows, { weights: { bits: 4 } }],
      ['convolutions, pools, a residual connection', cnn, images, {}],
      ['convolutions, some in float', cnn, images, { weights: { integers: 'asymmetric' }, layers: { '2': 'float' } }],
      ['a transformer', transformer, ids, {}],
    ];
    test.each(cases.filter(([name]) => backend === 'x' || onAll.includes(name)))(
      '%s compute what was written',
      async (_, make, input, options) => {
        const net = make();
        const x = input();
        const q = await quantize(net, { calibrate: x, ...options });
        const model = toOnnx(q, { form });
        const expected = values(q, x);
        await expectNoLeak(() => {
          const read = fromOnnx(model);
          const actual = values(read, x);
          const differences = actual.map((value, at) => Math.abs(value - expected[at]!));
          // As for onnxruntime: what lies at a tie of a rounding may be a step apart, and then a row is.
          expect(Math.max(...differences)).toBeLessThan(q.report().output!.largest);
          expect(differences.filter((difference) => difference > 2e-5).length / expected.length).toBeLessThan(
            make === transformer ? 0.25 : 0.04,
          );
          expect(read.outputShape([null, ...x.shape.slice(1)])).toEqual(q.outputShape([null, ...x.shape.slice(1)]));
          read.dispose();
        });
        for (const own of [q, net, x]) own.dispose();
      },
    );
  });
});

/** A model as quantization tools write it: uint8 activations and weights per tensor, Gemm with its matrix across, images channels first. */
function foreign(): Uint8Array {
  const constants: OnnxConstant[] = [];
  const nodes: OnnxNodeInput[] = [];
  const constant = (name: string, dtype: 'F32' | 'U8' | 'I8' | 'I32' | 'I64', shape: number[], of: ArrayBufferView): string => {
    constants.push({ name, dtype, shape, bytes: new Uint8Array(of.buffer as ArrayBuffer) });
    return name;
  };
  const draw = (seed: number, count: number): number[] => Array.from(random.bits(random.key(seed), count), (word) => word % 256);
  const scale = (name: string, of: number): string => constant(name, 'F32', [], Float32Array.of(of));
  const zero = (name: string, of: number): string => constant(name, 'U8', [], Uint8Array.of(of));
  const node = (op: string, inputs: string[], output: string, attributes = {}): string => {
    nodes.push({ op, inputs, outputs: [output], attributes });
    return output;
  };
  const [xs, xz] = [scale('xs', 0.02), zero('xz', 117)];
  const x = node('DequantizeLinear', [node('QuantizeLinear', ['x', xs, xz], 'xq'), xs, xz], 'xd');
  const filter = constant(
    'filter',
    'I8',
    [6, 3, 3, 3],
    Int8Array.from(draw(1, 162), (value) => value - 128),
  );
  const filterScales = constant(
    'filterScales',
    'F32',
    [6],
    Float32Array.from({ length: 6 }, (_, i) => 0.002 + i / 2000),
  );
  const filterZeros = constant('filterZeros', 'I8', [6], new Int8Array(6));
  const w = node('DequantizeLinear', [filter, filterScales, filterZeros], 'w', { axis: { int: 0 } });
  const biasScales = constant(
    'biasScales',
    'F32',
    [6],
    Float32Array.from({ length: 6 }, (_, i) => 0.02 * (0.002 + i / 2000)),
  );
  const bias = node('DequantizeLinear', [constant('b', 'I32', [6], Int32Array.of(900, -800, 0, 50, 4000, -10)), biasScales], 'bd', {
    axis: { int: 0 },
  });
  const convolved = node('Conv', [x, w, bias], 'c', {
    pads: { ints: [1, 1, 1, 1] },
    kernel_shape: { ints: [3, 3] },
    strides: { ints: [2, 2] },
  });
  const [cs, cz] = [scale('cs', 0.05), zero('cz', 0)];
  const c = node('DequantizeLinear', [node('QuantizeLinear', [node('Relu', [convolved], 'r'), cs, cz], 'rq'), cs, cz], 'rd');
  const flat = node('Flatten', [node('MaxPool', [c], 'p', { kernel_shape: { ints: [2, 2] }, strides: { ints: [2, 2] } })], 'f');
  const matrix = constant('matrix', 'U8', [5, 24], Uint8Array.from(draw(2, 120)));
  const m = node('DequantizeLinear', [matrix, scale('ms', 0.01), zero('mz', 131)], 'm');
  const gemmBias = constant('gb', 'F32', [5], Float32Array.of(1, -1, 0.5, 0, 2));
  const y = node('Gemm', [flat, m, gemmBias], 'g', { transB: { int: 1 } });
  node('Softmax', [y], 'y', { axis: { int: 1 } });
  return encodeOnnxModel({
    graph: {
      nodes,
      initializers: constants,
      inputs: [{ name: 'x', dtype: 'F32', shape: ['n', 3, 8, 8] }],
      outputs: [{ name: 'y', dtype: 'F32', shape: ['n', 5] }],
    },
    versions: new Map([['', 21]]),
  });
}

test('a model as other tools write it computes what onnxruntime does', async () => {
  await useBackend('x');
  const x = random.normal(random.key(5), [30, 3, 8, 8]);
  const net = fromOnnx(foreign());
  expect(net.operators).toContain('Gemm');
  expect(values(net, x)).toBeAllclose(await runOnnxruntime(foreign(), x), { rtol: 1e-4, atol: 1e-5 });
  expect(net.outputShape([null, 3, 8, 8])).toEqual([null, 5]);
  x.dispose();
  net.dispose();
});

test('the shape of what images and sequences of open sizes become is open', async () => {
  await useBackend('x');
  const [convolutions, sequences] = [
    sequential([conv2d(4, 8, 3, { key: keys[0]!, strides: 2 }), conv2d(8, 3, 1, { key: keys[1]! })]),
    sequential([dense(6, 8, { key: keys[2]! }), layerNormLayer(8)]),
  ];
  for (const [net, sizes, shape, expected] of [
    [convolutions, [8, 8, 4], [null, null, 9, 4], [null, null, 4, 3]],
    [sequences, [5, 6], [null, null, 6], [null, null, 8]],
  ] as const) {
    const x = random.normal(random.key(3), [4, ...sizes]);
    const q = await quantize(net, { calibrate: x });
    const read = fromOnnx(toOnnx(q, { inputShape: sizes }));
    expect(read.outputShape(shape)).toEqual(expected);
    expect(q.outputShape(shape)).toEqual(expected);
    for (const own of [read, q, net, x]) own.dispose();
  }
});

test('what can’t be run is refused, and nothing stays', async () => {
  await useBackend('x');
  const net = mlp();
  const samples = rows();
  const q = await quantize(net, { calibrate: samples });
  const value = (name: string): { name: string; dtype: 'F32'; shape: (number | string)[] } => ({ name, dtype: 'F32', shape: ['n', 3] });
  const model = (nodes: OnnxNodeInput[], initializers: OnnxConstant[] = [], inputs = [value('x')]): Uint8Array =>
    encodeOnnxModel({ graph: { nodes, initializers, inputs, outputs: [value('y')] }, versions: new Map([['', 21]]) });
  const one = { name: 's', dtype: 'F32' as const, shape: [], bytes: new Uint8Array(4) };
  expectNoLeak(() => {
    expect(() => fromOnnx(new Uint8Array(3))).toThrow(OnnxError);
    expect(() => fromOnnx('model' as never)).toThrow(/bytes is "model"/);
    const odd = model([
      { op: 'LSTM', inputs: ['x'], outputs: ['z'] },
      { op: 'QLinearAdd', domain: 'com.microsoft', inputs: ['z'], outputs: ['y'] },
    ]);
    expect(() => fromOnnx(odd)).toThrow(/can't be run here: LSTM, com.microsoft.QLinearAdd/);
    expect(() => fromOnnx(model([], [], [value('x'), value('z')]))).toThrow(/2 inputs and 1 outputs/);
    expect(() => fromOnnx(model([{ op: 'Conv', inputs: ['x', 'x'], outputs: ['y'] }]))).toThrow(/'x', which is no constant/);
    expect(() => fromOnnx(model([{ op: 'Gemm', inputs: ['x', 'x'], outputs: ['y'] }]))).toThrow(/Gemm without/);
    expect(() => fromOnnx(model([{ op: 'QuantizeLinear', inputs: ['x', 's', 's'], outputs: ['y'] }], [one]))).toThrow(/zero points of F32/);
    const nothing = fromOnnx(model([{ op: 'Relu', inputs: ['z'], outputs: ['y'] }]));
    expect(() => nothing.apply(samples)).toThrow(/'z', which nothing before it gives/);
    const whole = toOnnx(q);
    for (const length of [10, 200, whole.length - 1]) expect(() => fromOnnx(whole.subarray(0, length))).toThrow(OnnxError);
    const read = fromOnnx(whole);
    read.dispose();
    expect(() => read.apply(samples)).toThrow(/is disposed/);
  });
  for (const own of [q, net, samples]) own.dispose();
});
