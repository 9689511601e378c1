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
  globalMaxPool,
  maxPool2d,
  random,
  sequential,
  unflatten,
  type SequentialLayer,
} from '@x/tensor';
import type { QuantizedTensor } from '@x/tensor/quant';
import { expectNoLeak } from '@x-tooling/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { quantize, simulate, squaredError, type QuantizeOptions } from '../src/index.ts';
import { runNetworkStep } from '../src/network/quantized-step.ts';
import { backends, useBackend } from './backends.ts';

/** A network with all that stands between convolutions, its batch normalizations trained a little. */
function network(): SequentialLayer {
  const keys = random.split(random.key(1), 4);
  const net = sequential([
    unflatten([12, 12, 1]),
    conv2d(1, 8, 3, { key: keys[0], padding: 1, bias: false }),
    batchNormLayer(8),
    activationLayer('relu'),
    maxPool2d(2),
    conv2d(8, 12, [3, 2], { key: keys[1], strides: [1, 2], padding: 'same' }),
    batchNormLayer(12),
    activationLayer('relu'),
    averagePool2d(2),
    flatten(),
    dense(12 * 3 * 1, 5, { key: keys[2] }),
  ]);
  const x = random.normal(random.key(9), [32, 144]);
  for (let step = 0; step < 3; step++) net.apply(x, { training: true }).dispose();
  x.dispose();
  return net;
}

const values = (net: { apply(x: tf.Tensor): tf.Tensor }, x: tf.Tensor): Float32Array =>
  tf.tidy(() => net.apply(x).dataSync() as Float32Array);

function sqnr(expected: Float32Array, actual: Float32Array): number {
  const noise = expected.reduce((sum, y, i) => sum + (y - actual[i]!) ** 2, 0);
  return 10 * Math.log10(expected.reduce((sum, y) => sum + y * y, 0) / noise);
}

describe.each(backends)('convolutions on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  test('batch normalization is folded without a trace', async () => {
    const net = network();
    const x = random.normal(random.key(3), [5, 144]);
    const same = await simulate(net, {});
    expect(values(same, x)).toBeAllclose(values(net, x), { rtol: 1e-4, atol: 1e-5 });
    x.dispose();
    net.dispose();
  });

  test('more bits of weights and activations are closer, whatever finds the ranges', async () => {
    const net = network();
    const samples = random.normal(random.key(2), [64, 144]);
    const x = random.normal(random.key(3), [20, 144]);
    const exact = values(net, x);
    let last = 0;
    for (const bits of [3, 4, 6, 8, 12]) {
      const own = sqnr(
        exact,
        values(await simulate(net, { weights: { bits }, activations: { bits, observer: squaredError() }, calibrate: samples }), x),
      );
      expect(own).toBeGreaterThan(last);
      last = own;
    }
    expect(last).toBeGreaterThan(45);
    const one = await simulate(net, { weights: { bits: 2 }, layers: ['5'] });
    expect(sqnr(exact, values(one, x))).toBeLessThan(20);
    tf.dispose([x, samples]);
    net.dispose();
  });

  test.each([
    ['int8', {}, 30],
    ['int8', { activations: 'dynamic' }, 30],
    ['int8', { correctBias: true, rounding: 'double' }, 30],
    ['int8', { equalize: true }, 30],
    ['int4', {}, 9],
    ['int4', { calibrate: undefined }, 9],
  ] as const)('in %s with %j the output keeps its signal, and nothing leaks', async (scheme, options, least) => {
    const net = network();
    const calibrate = random.normal(random.key(2), [64, 144]);
    const x = random.normal(random.key(3), [40, 144]);
    const expected = values(net, x);
    await expectNoLeak(async () => {
      const q = await quantize(net, { scheme, calibrate, ...options } as QuantizeOptions);
      expect(sqnr(expected, values(q, x))).toBeGreaterThan(least);
      expect(q.outputShape([null, 144])).toEqual([null, 5]);
      const { layers } = q.report();
      expect(layers.map(({ name, scheme: own }) => [name, own])).toEqual([
        ['1', scheme],
        ['5', scheme],
        ['10', scheme],
      ]);
      expect(layers[0]).toMatchObject({ shape: [9, 8], bits: scheme === 'int8' ? 8 : 4 });
      if (!('calibrate' in options)) expect(layers[1]!.output!.sqnr).toBeGreaterThan(least);
      q.dispose();
    });
    tf.dispose([calibrate, x]);
    net.dispose();
  });

  test('integers pass from one convolution to the next, through pools and shapes', async () => {
    const net = network();
    const samples = random.normal(random.key(2), [64, 144]);
    const q = await quantize(net, { calibrate: samples });
    const steps = q.steps.filter((step) => step.kind === 'quantized');
    expect(steps[0]!.output).toEqual(steps[1]!.input);
    // The mean of the pool is rounded again.
    expect(q.steps.find((step) => step.kind === 'pool' && step.of === 'average')).toMatchObject({ output: steps[2]!.input });
    expect(steps[1]!.output).toBeDefined();
    expect(steps[2]!.output).toBeUndefined();
    const floats = await quantize(net, { calibrate: samples, layers: { '5': 'float' } });
    expect(sqnr(values(net, samples), values(floats, samples))).toBeGreaterThan(30);
    await expect(quantize(net, { calibrate: samples, activations: 'float' })).rejects.toThrow(/layer 1 is a convolution, which needs/);
    for (const own of [q, floats, net, samples]) own.dispose();
  });

  test('a pool that a convolution does along the way gives what it gives by itself', async () => {
    const net = sequential([
      ...[unflatten([14, 14, 1]), conv2d(1, 16, 3, { key: random.key(4), activation: 'relu' }), maxPool2d(2)],
      ...[conv2d(16, 9, 3, { key: random.key(5) }), maxPool2d(2), conv2d(9, 8, 2, { key: random.key(6), activation: 'relu6' })],
      ...[maxPool2d(2, { strides: 1, padding: 'same' }), flatten(), dense(8, 3, { key: random.key(7) })],
    ]);
    const x = random.normal(random.key(8), [7, 196]);
    const q = await quantize(net, { calibrate: x });
    tf.tidy(() => {
      const stepwise = q.steps.reduce<tf.Tensor | QuantizedTensor>((value, step) => runNetworkStep(step, value), x) as tf.Tensor;
      expect(q.apply(x).dataSync()).toEqual(stepwise.dataSync());
      expect(sqnr(values(net, x), stepwise.dataSync() as Float32Array)).toBeGreaterThan(20);
    });
    for (const own of [q, net, x]) own.dispose();
  });

  test('what stands around convolutions of other networks: depthwise filters, all activations, pools of all positions', async () => {
    const [a, b, c, d, e] = random.split(random.key(4), 5);
    const net = sequential([
      conv2d(3, 16, 3, { key: a, strides: 2, padding: 1, activation: 'silu' }),
      depthwiseConv2d(16, 3, { key: b, padding: 'same', activation: 'relu6' }),
      conv2d(16, 20, 1, { key: c, activation: 'leakyRelu' }),
      depthwiseConv2d(20, [3, 1], { key: d, multiplier: 2, activation: 'tanh' }),
      globalAveragePool(),
      dense(40, 4, { key: e }),
    ]);
    const samples = random.normal(random.key(2), [16, 12, 10, 3]);
    const expected = values(net, samples);
    const q = await quantize(net, { calibrate: samples });
    expect(sqnr(expected, values(q, samples))).toBeGreaterThan(28);
    expect(q.outputShape([null, 12, 10, 3])).toEqual([null, 4]);
    const dynamic = await quantize(net, { activations: 'dynamic' });
    expect(sqnr(expected, values(dynamic, samples))).toBeGreaterThan(25);
    expect(sqnr(expected, values(await simulate(net, { weights: { bits: 8 } }), samples))).toBeGreaterThan(30);
    const largest = sequential([conv2d(3, 8, 3, { key: a, activation: 'relu' }), globalMaxPool(), dense(8, 4, { key: e })]);
    const own = await quantize(largest, { calibrate: samples });
    expect(own.steps[0]).toMatchObject({ output: (own.steps[2] as { input: object }).input });
    expect(sqnr(values(largest, samples), values(own, samples))).toBeGreaterThan(28);
    for (const one of [q, dynamic, net, own, largest, samples]) one.dispose();
  });

  test('groups of channels are named; normalization in other places stays in float', async () => {
    const key = random.key(1);
    const odd = sequential([batchNormLayer(4), conv2d(4, 4, 3, { key, groups: 2 }), globalAveragePool(), dense(4, 2, { key })]);
    const samples = random.normal(random.key(2), [4, 5, 5, 4]);
    await expect(simulate(odd, { weights: { bits: 8 } })).rejects.toThrow(/: layer 1 \(conv2d\) can't be quantized/);
    const kept = await simulate(odd, { weights: { bits: 8 }, unsupported: 'float' });
    expect(sqnr(values(odd, samples), values(kept, samples))).toBeGreaterThan(30);
    samples.dispose();
    odd.dispose();
  });
});
