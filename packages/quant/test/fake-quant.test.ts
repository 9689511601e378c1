import * as tf from '@tensorflow/tfjs-core';
import {
  accuracy,
  adam,
  conv2d,
  dense,
  depthwiseConv2d,
  evaluate,
  fit,
  flatten,
  maxPool2d,
  random,
  sequential,
  unflatten,
  type Layer,
  type SequentialLayer,
} from '@x/tensor';
import { fakeQuantize } from '@x/tensor/quant';
import { expectNoLeak } from '@x-tooling/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { convert, fakeQuant, quantize, simulate, type FakeQuantLinear } from '../src/index.ts';
import { backends, useBackend } from './backends.ts';

function network(seed = 1): SequentialLayer {
  const keys = random.split(random.key(seed), 2);
  return sequential([flatten(), dense(16, 32, { activation: 'relu', key: keys[0] }), dense(32, 4, { key: keys[1] })]);
}

/** Four clouds of points, by which of two sums is larger. */
function clouds(seed: number, count = 512): { x: tf.Tensor; y: tf.Tensor } {
  return tf.tidy(() => {
    const x = random.uniform(random.key(seed), [count, 16], { min: -1, max: 1 });
    const half = (at: number): tf.Tensor => tf.sum(tf.slice(x, [0, at], [-1, 8]), 1);
    const y = tf.add(tf.mul(tf.cast(tf.greater(half(0), 0), 'int32'), 2), tf.cast(tf.greater(half(8), 0), 'int32'));
    return { x, y: tf.cast(y, 'int32') };
  });
}

async function train(net: Layer, data: { x: tf.Tensor; y: tf.Tensor }, epochs = 6): Promise<void> {
  for await (const event of fit(net, data, { optimizer: adam({ learningRate: 0.01 }), epochs, batchSize: 32 })) expect(event).toBeDefined();
}

async function accuracyOf(net: Layer, data: { x: tf.Tensor; y: tf.Tensor }): Promise<number> {
  return (await evaluate(net, data, { metrics: { accuracy } })).metrics['accuracy']!;
}

function values(net: Layer, x: tf.Tensor): Float32Array {
  return tf.tidy(() => net.apply(x).dataSync() as Float32Array);
}

describe.each(backends)('on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  test('learned steps have the gradients of LSQ’s definition', () => {
    const v = tf.tensor1d([-3, -1.2, -0.26, 0.1, 0.75, 1.49, 2.2, 9]);
    const s = tf.scalar(0.5);
    const g = 1 / Math.sqrt(8 * 3);
    expect(g).toBeCloseTo(0.2041241452, 10);
    expect([...fakeQuantize(v, s, { bits: 3 }).dataSync()].map((x) => x / 0.5 + 0)).toEqual([-4, -2, -1, 0, 2, 3, 3, 3]);
    const each = Array.from({ length: 8 }, (_, i) => {
      const weight = tf.tensor1d(Array.from({ length: 8 }, (_, j) => (i === j ? 1 : 0)));
      const [dv, ds] = tf.grads((v, s) => tf.sum(tf.mul(fakeQuantize(v, s, { bits: 3 }), weight)))([v, s]) as [tf.Tensor, tf.Tensor];
      return [dv.dataSync()[i]! + 0, ds.dataSync()[0]!];
    });
    expect(each.map(([dv]) => dv)).toEqual([0, 1, 1, 1, 1, 1, 0, 0]);
    expect(each.map(([, ds]) => ds!)).toBeAllclose([-4, 0.4, -0.48, -0.2, 0.5, 0.02, 3, 3], { atol: 1e-6 });
  });

  test('a learned step begins at 2·mean|v| / √most', () => {
    const v = [-3, -1.2, -0.26, 0.1, 0.75, 1.49, 2.2, 9];
    const layer = fakeQuant(sequential([dense(8, 1, { key: random.key(1), init: () => tf.tensor2d(v, [8, 1]) })]), { weights: 3 });
    expect((layer.layers[0] as FakeQuantLinear).weightSteps()[0]).toBeCloseTo(2.5980762114, 6);
    layer.dispose();
  });

  test.each(['learned', 'extremes'] as const)(
    '%s steps: a network trained for 4 bits is one of 4 bits, and conversion keeps it',
    async (steps) => {
      const data = clouds(1);
      const test = clouds(2);
      const net = network();
      const four = fakeQuant(net, { weights: 4, activations: 8, steps, averaging: 0.1, delay: 4 });
      await train(four, data);
      expect(await accuracyOf(four, test)).toBeGreaterThan(0.85);
      const q = await convert(four, { samples: data.x });
      const expected = values(four, test.x);
      const actual = values(q, test.x);
      // Integers differ only where float32 sums put a number on the other side of a tie: by a step of the hidden layer, times a weight.
      const last = four.layers[2] as FakeQuantLinear;
      const flip = last.input()!.scale * 7 * Math.max(...last.weightSteps());
      const differences = expected.map((x, i) => Math.abs(x - actual[i]!)).sort((a, b) => a - b);
      expect(differences[Math.floor(differences.length * 0.95)]).toBeLessThan(2 * flip);
      expect(await accuracyOf(q, test)).toBeCloseTo(await accuracyOf(four, test), 2);
      expect(q.report().layers.map(({ bits }) => bits)).toEqual([4, 4]);
      four.dispose();
      q.dispose();
      tf.dispose([data, test]);
    },
  );

  test.each(['learned', 'extremes'] as const)('%s steps: convolutions train for 4 bits too, and conversion keeps them', async (steps) => {
    const data = clouds(1, 256);
    const keys = random.split(random.key(2), 4);
    const net = sequential([
      unflatten([4, 4, 1]),
      conv2d(1, 8, 3, { padding: 'same', activation: 'relu', key: keys[0]! }),
      maxPool2d(2),
      depthwiseConv2d(8, 2, { multiplier: 2, activation: 'relu', key: keys[1]! }),
      flatten(),
      dense(16, 4, { key: keys[2]! }),
    ]);
    const four = fakeQuant(net, { weights: 4, activations: 8, steps, averaging: 0.1 });
    await train(four, data, 4);
    const q = await convert(four, { samples: data.x });
    const [expected, actual] = [values(four, data.x), values(q, data.x)];
    // Biases count in steps of 4-bit weights, which are coarse: that puts a number of the layer before on the other side of a tie now and then.
    const last = four.layers.at(-1) as FakeQuantLinear;
    const flip = last.input()!.scale * 7 * Math.max(...last.weightSteps());
    const apart = expected.map((x, i) => Math.abs(x - actual[i]!)).sort((a, b) => a - b);
    expect(apart[Math.floor(apart.length * 0.95)]).toBeLessThan(2 * flip);
    expect(q.report().layers.map(({ scheme }) => scheme)).toEqual(['int4', 'int4', 'int4']);
    for (const layer of four.layers.filter(({ kind }) => kind === 'fakeQuantLinear') as FakeQuantLinear[])
      expect(layer.weightSteps().length).toBe({ dense: 4, conv2d: 8, depthwiseConv2d: 16 }[layer.layer.kind]);
    four.dispose();
    q.dispose();
    tf.dispose(data);
  });

  test('training for few bits beats rounding to them', async () => {
    const data = clouds(1);
    const test = clouds(2);
    const net = network();
    await train(net, data);
    const rounded = await simulate(net, { weights: { bits: 2 } });
    const before = await accuracyOf(rounded, test);
    const two = fakeQuant(net, { weights: 2 });
    await train(two, data, 4);
    expect(await accuracyOf(two, test)).toBeGreaterThan(before + 0.02);
    two.dispose();
    tf.dispose([data, test]);
  });

  test('variables are the network’s own and what quantization adds; those that are not trained say so', async () => {
    const net = network();
    const q = fakeQuant(net, { steps: 'learned' });
    expect(Object.keys(q.variables)).toEqual(
      ['1', '2']
        .flatMap((at) => ['weight', 'bias', 'weightStep', 'inputStep', 'inputRange', 'seen'].map((own) => `${at}.${own}`))
        // What goes into the network is data, whose step isn't learned.
        .filter((own) => own !== '1.inputStep'),
    );
    expect(q.variables['1.weight']).toBe(net.variables['1.weight']);
    expect(
      Object.entries(q.variables)
        .filter(([, { trainable }]) => !trainable)
        .map(([name]) => name),
    ).toEqual(['1.inputRange', '1.seen', '2.inputRange', '2.seen']);
    expect(q.outputShape([null, 4, 4])).toEqual([null, 4]);
    // Before training, weights alone are rounded.
    const x = random.normal(random.key(1), [3, 4, 4]);
    const first = q.layers[1] as FakeQuantLinear;
    expect(first.input()).toBeUndefined();
    const only = await simulate(net, { weights: { bits: 8 } });
    expect(values(q, x)).toBeAllclose(values(only, x), { atol: 0.1 });
    tf.dispose(q.apply(x, { training: true }));
    expect(first.input()).toMatchObject({ least: -128, most: 127 });
    x.dispose();
    q.dispose();
  });

  test('nothing leaks, and the network may be made again', async () => {
    const data = clouds(3, 64);
    await expectNoLeak(async () => {
      const four = fakeQuant(network(), { weights: 4 });
      await train(four, data, 1);
      const q = await convert(four);
      tf.dispose(q.apply(data.x));
      four.dispose();
      q.dispose();
    });
    tf.dispose(data);
  });

  test('bad input is refused', async () => {
    const net = network();
    expect(() => fakeQuant(net, { weights: 1 })).toThrow(/weights is 1/);
    expect(() => fakeQuant(net, { activations: 9 })).toThrow(/activations is 9/);
    expect(() => fakeQuant(net, { steps: 'guessed' as never })).toThrow(/steps is "guessed"/);
    expect(() => fakeQuant(sequential([{ ...net, kind: 'lstm' }]))).toThrow(/layer 0 \(lstm\) can't be quantized/);
    await expect(convert(net as never)).rejects.toThrow(/must be what fakeQuant\(\) made/);
    const untrained = fakeQuant(net);
    await expect(convert(untrained)).rejects.toThrow(/layer 1 saw no training step/);
    untrained.dispose();
    const narrow = fakeQuant(network(), { activations: 4 });
    await expect(convert(narrow)).rejects.toThrow(/activations of 4 bits, but the kernels take 8/);
    narrow.dispose();
  });
});

describe.each(backends)('simulate on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  test('is what quantize computes in integers', async () => {
    const net = network();
    const samples = random.normal(random.key(2), [64, 4, 4]);
    const q = await quantize(net, { calibrate: samples });
    const s = await simulate(net, { weights: { bits: 8 }, activations: { bits: 8 }, calibrate: samples });
    const [expected, actual] = [values(s, samples), values(q, samples)];
    const step = 0.02;
    expect(actual.filter((x, i) => Math.abs(x - expected[i]!) > step).length / actual.length).toBeLessThan(0.02);
    net.dispose();
    q.dispose();
    samples.dispose();
  });

  test('more bits are closer, of any width', async () => {
    const net = network();
    const samples = random.normal(random.key(2), [64, 4, 4]);
    const exact = values(net, samples);
    let last = Infinity;
    for (const bits of [2, 3, 4, 6, 8, 12, 16]) {
      const s = await simulate(net, { weights: { bits }, activations: { bits }, calibrate: samples });
      const error = values(s, samples).reduce((sum, x, i) => sum + (x - exact[i]!) ** 2, 0);
      expect(error).toBeLessThan(last);
      last = error;
    }
    expect(last).toBeLessThan(1e-5);
    await expect(simulate(net, { activations: { bits: 8 } })).rejects.toThrow(/calibrate is missing/);
    await expect(simulate(net, { weights: { bits: 1 } })).rejects.toThrow(/bits is 1/);
    await expect(simulate(net, { layers: ['7'] })).rejects.toThrow(/layers names "7"/);
    net.dispose();
    samples.dispose();
  });
});
