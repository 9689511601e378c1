import * as tf from '@tensorflow/tfjs-core';
import {
  activationLayer,
  averagePool2d,
  batchNormLayer,
  conv2d,
  dense,
  depthwiseConv2d,
  flatten,
  globalAveragePool,
  maxPool2d,
  random,
  residual,
  sequential,
  unflatten,
  type Layer,
} from '@x/tensor';
import { beforeAll, describe, expect, test } from 'vitest';
import { quantize, type QuantizedNetwork, type QuantizeOptions } from '../src/index.ts';
import { toOnnx } from '../src/onnx.ts';
import { useBackend } from './backends.ts';
import { runOnnxruntime } from './onnxruntime.ts';

const keys = random.split(random.key(1), 6);
const biasInit = (shape: readonly number[], key: random.Key): tf.Tensor => random.normal(key, [...shape]);
const mlp = (): Layer =>
  sequential([
    dense(32, 48, { activation: 'relu', key: keys[0]!, biasInit }),
    dense(48, 40, { activation: 'relu6', key: keys[1]!, bias: false }),
    dense(40, 24, { activation: 'silu', key: keys[2]!, biasInit }),
    activationLayer('tanh'),
    dense(24, 5, { key: keys[3]!, bias: false }),
  ]);

/**
 * A sum at a tie of its rounding may be a step of 8 bits apart, which changes a row: in at most 4 % of the outputs, and by less than
 * quantizing changes them. Dynamic ranges are another row for row, so everything may differ by that.
 */
function expectSame(theirs: Float32Array, ours: Float32Array, q: QuantizedNetwork, dynamic: boolean): void {
  expect(theirs.length).toBe(ours.length);
  const differences = theirs.map((value, at) => Math.abs(value - ours[at]!));
  expect(Math.max(...differences)).toBeLessThan(q.report().output!.largest);
  if (!dynamic) expect(differences.filter((difference) => difference > 2e-6).length / ours.length).toBeLessThan(0.04);
}

describe.each(['qdq', 'qoperator'] as const)('onnxruntime runs the %s form', (form) => {
  beforeAll(() => useBackend('x'));

  test.each<[string, QuantizeOptions]>([
    ['int8', {}],
    ['asymmetric, per tensor', { weights: { integers: 'asymmetric', granularity: 'tensor' } }],
    ['asymmetric, per channel', { weights: { integers: 'asymmetric' } }],
    ['smoothed, a layer in float', { smooth: 0.5, layers: { '4': 'float' } }],
    ['4 bits in groups', { scheme: 'int4', activations: 'float', weights: { groupSize: 8, integers: 'asymmetric' } }],
    ['4 bits by channel', { weights: { bits: 4 } }],
    ['dynamic', { activations: 'dynamic' }],
  ])('of linear layers, %s', async (name, options) => {
    const net = mlp();
    const [samples, x] = [random.normal(random.key(2), [64, 32]), random.normal(random.key(3), [50, 32])];
    const q = await quantize(net, { calibrate: samples, ...options });
    expectSame(
      await runOnnxruntime(toOnnx(q, { form }), x),
      tf.tidy(() => q.apply(x).dataSync() as Float32Array),
      q,
      name === 'dynamic',
    );
    for (const own of [q, net, samples, x]) own.dispose();
  });

  const biased = { biasInit } as const;
  test.each<[string, () => Layer, QuantizeOptions]>([
    [
      'of all kinds',
      () =>
        sequential([
          conv2d(4, 8, 3, { padding: 'same', activation: 'relu', key: keys[0]!, ...biased }),
          maxPool2d(2),
          depthwiseConv2d(8, 3, { strides: [2, 1], padding: 1, multiplier: 2, activation: 'relu6', key: keys[1]!, ...biased }),
          averagePool2d(2, { strides: 1, padding: 'same' }),
          conv2d(16, 6, [1, 2], { activation: 'silu', key: keys[2]! }),
          conv2d(6, 5, 2, { dilation: 2, key: keys[3]! }),
          batchNormLayer(5),
          flatten(),
          dense(10, 4, { key: keys[4]!, ...biased }),
        ]),
      {},
    ],
    [
      'around which values pass',
      () =>
        sequential([
          conv2d(4, 8, 3, { padding: 1, activation: 'relu', key: keys[0]!, ...biased }),
          residual([
            conv2d(8, 8, 3, { padding: 'same', activation: 'relu', key: keys[1]! }),
            conv2d(8, 8, 1, { key: keys[2]!, bias: false }),
          ]),
          residual([conv2d(8, 6, 1, { key: keys[3]! })], { shortcut: conv2d(8, 6, 1, { key: keys[4]! }) }),
          globalAveragePool(),
          dense(6, 16, { key: keys[5]! }),
          unflatten([2, 2, 4]),
          conv2d(4, 3, 2, { key: keys[0]! }),
        ]),
      {},
    ],
    [
      'with zero points, some in float',
      () =>
        sequential([
          conv2d(4, 8, 3, { strides: 2, activation: 'gelu', key: keys[0]!, ...biased }),
          depthwiseConv2d(8, 3, { padding: 'same', key: keys[1]! }),
          conv2d(8, 6, 1, { activation: 'relu', key: keys[2]!, ...biased }),
          depthwiseConv2d(6, 2, { key: keys[3]! }),
          conv2d(6, 4, 1, { activation: 'leakyRelu', key: keys[4]! }),
        ]),
      { weights: { integers: 'asymmetric' }, layers: { '1': 'float' } },
    ],
  ])('of convolutions %s', async (_, build, options) => {
    const net = build();
    const [samples, x] = [random.normal(random.key(2), [24, 12, 10, 4]), random.normal(random.key(3), [20, 12, 10, 4])];
    const q = await quantize(net, { calibrate: samples, ...options });
    const theirs = await runOnnxruntime(toOnnx(q, { form }), x);
    expectSame(
      theirs,
      tf.tidy(() => q.apply(x).dataSync() as Float32Array),
      q,
      false,
    );
    for (const own of [q, net, samples, x]) own.dispose();
  });

  test('rows that become images first', async () => {
    const net = sequential([
      unflatten([4, 4, 2]),
      conv2d(2, 3, 3, { activation: 'relu', key: keys[0]! }),
      flatten(),
      dense(12, 2, { key: keys[1]! }),
    ]);
    const x = random.normal(random.key(3), [20, 32]);
    const q = await quantize(net, { calibrate: x });
    expectSame(
      await runOnnxruntime(toOnnx(q, { form }), x),
      tf.tidy(() => q.apply(x).dataSync() as Float32Array),
      q,
      false,
    );
    for (const own of [q, net, x]) own.dispose();
  });
});
