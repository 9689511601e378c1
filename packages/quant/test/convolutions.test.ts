import * as tf from '@tensorflow/tfjs-core';
import {
  activationLayer,
  averagePool2d,
  batchNormLayer,
  conv2d,
  dense,
  flatten,
  globalAveragePool,
  maxPool2d,
  random,
  sequential,
  unflatten,
  type SequentialLayer,
} from '@x/tensor';
import { expectNoLeak } from '@x-tooling/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { quantize, simulate, squaredError, toSafetensors } from '../src/index.ts';
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

  test('linear layers beside them are quantized, and they stay in float when asked', async () => {
    const net = network();
    const samples = random.normal(random.key(2), [64, 144]);
    await expect(quantize(net, { calibrate: samples })).rejects.toThrow(/layer 1 \(conv2d\), layer 5 \(conv2d\) can't be quantized/);
    await expectNoLeak(async () => {
      const q = await quantize(net, { calibrate: samples, unsupported: 'float' });
      expect(sqnr(values(net, samples), values(q, samples))).toBeGreaterThan(30);
      expect(q.report().layers.map(({ name, scheme }) => [name, scheme])).toEqual([
        ['1', 'float'],
        ['5', 'float'],
        ['10', 'int8'],
      ]);
      expect(q.outputShape([null, 144])).toEqual(net.outputShape([null, 144]));
      expect(() => toSafetensors(q)).toThrow(/layer 0 \(unflatten\), layer 1 \(conv2d\), layer 4 \(maxPool2d\).* stayed in float/);
      q.dispose();
    });
    samples.dispose();
    net.dispose();
  });

  test('groups of channels, and normalization in other places, are named', async () => {
    const key = random.key(1);
    const odd = sequential([batchNormLayer(4), conv2d(4, 4, 3, { key, groups: 2 }), globalAveragePool(), dense(4, 2, { key })]);
    const samples = random.normal(random.key(2), [4, 5, 5, 4]);
    await expect(simulate(odd, { weights: { bits: 8 } })).rejects.toThrow(/layer 0 \(batchNorm\), layer 1 \(conv2d\) can't be quantized/);
    const kept = await simulate(odd, { weights: { bits: 8 }, unsupported: 'float' });
    expect(sqnr(values(odd, samples), values(kept, samples))).toBeGreaterThan(30);
    samples.dispose();
    odd.dispose();
  });
});
