import * as tf from '@tensorflow/tfjs-core';
import {
  adam,
  conv2d,
  dense,
  depthwiseConv2d,
  embeddingLayer,
  fit,
  flatten,
  layerNormLayer,
  maxPool2d,
  random,
  sequential,
  sgd,
  trainable,
  trainStep,
  transformerBlock,
  unflatten,
  type SequentialLayer,
} from '@x/tensor';
import { expectNoLeak } from '@x-tooling/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  formats,
  fromMicroscaling,
  mixedPrecision,
  roundFloats,
  toMicroscaling,
  withLossScaling,
  type LossScalingEvent,
  type MicroscalingFormat,
} from '../src/index.ts';
import { backends, useBackend } from './backends.ts';

function network(): SequentialLayer {
  const keys = random.split(random.key(1), 2);
  return sequential([flatten(), dense(8, 16, { activation: 'relu', key: keys[0] }), dense(16, 3, { key: keys[1] })]);
}

function batch(seed = 1): { x: tf.Tensor; y: tf.Tensor } {
  return {
    x: random.normal(random.key(seed), [32, 8]),
    y: tf.tensor1d(
      Int32Array.from({ length: 32 }, (_, i) => i % 3),
      'int32',
    ),
  };
}

describe.each(backends)('on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  test('forward is the product of rounded numbers, rounded', () => {
    const net = network();
    const half = mixedPrecision(net, { format: formats.float16 });
    const { x, y } = batch();
    const cast = (t: tf.Tensor): tf.Tensor => tf.tensor(roundFloats(t.dataSync() as Float32Array, formats.float16), t.shape);
    const expected = tf.tidy(() => {
      const v = net.variables as Record<string, tf.Tensor>;
      const hidden = cast(tf.relu(tf.add(tf.matMul(cast(x), cast(v['1.weight']!)), cast(v['1.bias']!))));
      return cast(tf.add(tf.matMul(hidden, cast(v['2.weight']!)), cast(v['2.bias']!))).dataSync();
    });
    const actual = tf.tidy(() => half.apply(x).dataSync()) as Float32Array;
    // Sums in another order may fall to the other side of a half.
    expect(actual).toBeAllclose(expected, { rtol: 2 ** -10, atol: 2 ** -10 });
    expect(roundFloats(actual, formats.float16)).toEqual(actual);
    tf.dispose([x, y]);
    half.dispose();
  });

  test('master weights stay float32, and gradients have their true size', async () => {
    const net = network();
    const data = batch();
    const gradientsOf = (layer: typeof net | ReturnType<typeof mixedPrecision>): Record<string, Float32Array> => {
      const found: Record<string, Float32Array> = {};
      const optimizer = {
        ...sgd(),
        update: (_: object, gradients: Readonly<Record<string, tf.Tensor>>) =>
          Object.entries(gradients).forEach(([name, g]) => (found[name] = g.dataSync() as Float32Array)),
      };
      trainStep(layer, data, { optimizer, state: optimizer.init(trainable(layer)) }).dispose();
      return found;
    };
    const exact = gradientsOf(net);
    for (const [format, rtol] of [
      [formats.float16, 0.01],
      [formats.bfloat16, 0.08],
    ] as const) {
      const small = mixedPrecision(net, { format, lossScale: 1024 });
      const own = gradientsOf(small);
      expect(Object.keys(own)).toEqual(Object.keys(exact));
      for (const [name, values] of Object.entries(own)) {
        const size = Math.max(...exact[name]!.map(Math.abs));
        expect(values).toBeAllclose(exact[name]!, { atol: rtol * size });
      }
      small.lossScale.dispose();
    }
    net.dispose();
    tf.dispose(data);
  });

  test('gradients under the least number vanish without scaling, and survive with it; the report counts them by layer', () => {
    const net = network();
    const data = batch();
    const tiny = (output: tf.Tensor): tf.Tensor => tf.tidy(() => tf.mul(tf.mean(tf.square(output)), 1e-8));
    const lost = (lossScale: number): number => {
      const half = mixedPrecision(net, { lossScale });
      const optimizer = sgd({ learningRate: 0 });
      half.report();
      trainStep(half, data, { optimizer, state: optimizer.init(trainable(half)), loss: tiny }).dispose();
      const report = half.report();
      expect(report.map(({ name }) => name)).toEqual(['1', '2']);
      const { values, underflowed, overflowed, largest } = report[1]!.gradients;
      expect(values).toBe(32 * 3);
      expect(overflowed).toBe(0);
      expect(largest).toBeGreaterThan(0);
      half.lossScale.dispose();
      return underflowed / values;
    };
    expect(lost(1)).toBeGreaterThan(0.9);
    expect(lost(65536)).toBe(0);
    net.dispose();
    tf.dispose(data);
  });

  test('a step that overflows is skipped and the scale backs off; it grows after a while', async () => {
    const net = network();
    const half = mixedPrecision(net, { lossScale: 2 ** 22 });
    const events: LossScalingEvent[] = [];
    const optimizer = withLossScaling(half, sgd({ learningRate: 0.01 }), { interval: 3, onStep: (event) => events.push(event) });
    const state = optimizer.init(trainable(half));
    const data = batch();
    const before = (net.variables['1.weight'] as tf.Variable).dataSync().slice();
    for (let step = 0; step < 14; step++) {
      trainStep(half, data, { optimizer, state }).dispose();
      if (step === 0) expect((net.variables['1.weight'] as tf.Variable).dataSync()).toEqual(before);
    }
    expect(events[0]).toEqual({ step: 0, skipped: true, lossScale: 2 ** 21 });
    const skipped = events.filter((event) => event.skipped).length;
    expect(skipped).toBeGreaterThan(1);
    expect(skipped).toBeLessThan(14);
    const first = events.findIndex((event) => !event.skipped);
    expect(events[first + 2]!.lossScale).toBe(events[first]!.lossScale * 2);
    expect(state.step).toBe(14);
    expect((net.variables['1.weight'] as tf.Variable).dataSync()).not.toEqual(before);
    expect((net.variables['1.weight'] as tf.Variable).dataSync().every(Number.isFinite)).toBe(true);
    for (const slot of Object.values(state.slots)) tf.dispose(slot as never);
    half.dispose();
    tf.dispose(data);
  });

  test('trains as float32 does, and leaks nothing', async () => {
    const data = batch();
    const lossAfter = async (small: boolean): Promise<number> => {
      const net = network();
      const own = small ? mixedPrecision(net) : net;
      const optimizer = small ? withLossScaling(own as never, adam({ learningRate: 0.01 })) : adam({ learningRate: 0.01 });
      let loss = 0;
      for await (const event of fit(own, data, { optimizer, epochs: 20, batchSize: 16 })) if (event.type === 'epoch') loss = event.loss;
      own.dispose();
      return loss;
    };
    await lossAfter(true);
    let [half, float] = [0, 0];
    await expectNoLeak(async () => {
      half = await lossAfter(true);
      float = await lossAfter(false);
    });
    expect(half).toBeCloseTo(float, 1);
    tf.dispose(data);
  });

  test.each<[string, () => SequentialLayer, () => tf.Tensor, string[]]>([
    [
      'convolutions',
      () =>
        sequential([
          unflatten([4, 4, 2]),
          conv2d(2, 4, 3, { padding: 'same', activation: 'relu', key: random.key(1) }),
          depthwiseConv2d(4, 2, { key: random.key(2) }),
          maxPool2d(2),
          flatten(),
          dense(4, 3, { key: random.key(3) }),
        ]),
      () => random.normal(random.key(4), [8, 32]),
      ['1', '2', '5'],
    ],
    [
      'a transformer',
      () =>
        sequential([
          embeddingLayer(7, 8, { key: random.key(1) }),
          transformerBlock(8, { heads: 2, key: random.key(2) }),
          layerNormLayer(8),
          dense(8, 7, { key: random.key(3) }),
        ]),
      () => tf.tensor2d([1, 2, 3, 4, 5, 6, 0, 1], [2, 4], 'int32'),
      ['0', '1.0.inner.0', '1.0.inner.1.qkv', '1.0.inner.1.out', '1.1.inner.0', '1.1.inner.1', '1.1.inner.2', '2', '3'],
    ],
  ])('%s: gradients are those of float32 but for the rounding', (_, make, input, names) => {
    const net = make();
    const x = input();
    const loss = (layer: { apply(x: tf.Tensor): tf.Tensor }) => (): tf.Scalar => tf.mean(tf.square(layer.apply(x)));
    const half = mixedPrecision(net, { lossScale: 1024, histograms: true });
    const variables = Object.values(net.variables);
    const [exact, stored] = [net, half].map((layer) =>
      tf.tidy(() => Object.values(tf.variableGrads(loss(layer), variables).grads).map((g) => [...g.dataSync()])),
    );
    exact!.forEach((values, at) => {
      const size = Math.max(...values.map(Math.abs));
      // Several roundings of 2^-11 each.
      values.forEach((value, index) => expect(Math.abs(stored![at]![index]! - value)).toBeLessThan(0.02 * size));
    });
    const report = half.report();
    expect(report.map(({ name }) => name)).toEqual(names);
    for (const { activations, gradients } of report)
      for (const { values, exponents } of [activations, gradients]) expect(exponents.reduce((sum, count) => sum + count, 0)).toBe(values);
    x.dispose();
    half.dispose();
  });

  test.each([
    ['MXFP4', { element: formats.e2m1 }, 8],
    ['MXFP8 in blocks of 8', { element: formats.e4m3fn, block: 8 }, 8],
    ['MXINT8', { element: 'int8' }, 8],
  ] as readonly [string, MicroscalingFormat, number][])(
    '%s: blocks along the last axis, and gradients of their own format',
    (_, format, width) => {
      const net = sequential([dense(width, 16, { key: random.key(1), bias: false })]);
      const half = mixedPrecision(net, { format, gradients: formats.e5m2, lossScale: 1 });
      const { x, y } = batch();
      y.dispose();
      const { block = 32 } = format;
      const rounded = (t: tf.Tensor): tf.Tensor => {
        const values = t.dataSync() as Float32Array;
        const last = t.shape.at(-1)!;
        return tf.tensor(
          Array.from({ length: values.length / last }, (_, row) => {
            const blocks = toMicroscaling(values.subarray(row * last, (row + 1) * last), format.element, { block });
            return [...fromMicroscaling(blocks, { block })];
          }).flat(),
          t.shape,
        );
      };
      tf.tidy(() => {
        const weight = net.variables['0.weight'] as tf.Tensor;
        const expected = rounded(tf.matMul(rounded(x), rounded(weight)));
        expect(half.apply(x).dataSync()).toBeAllclose(expected.dataSync(), { rtol: 1e-6, atol: 1e-6 });
        const { grads } = tf.variableGrads(() => tf.mean(half.apply(x)) as tf.Scalar, [weight as tf.Variable]);
        const gradient = Object.values(grads)[0]!.dataSync() as Float32Array;
        expect(roundFloats(gradient, formats.e5m2)).toEqual(gradient);
      });
      const [layer] = half.report();
      expect(layer!.activations.values).toBe(2 * 32 * 16);
      expect(layer!.activations.overflowed).toBe(0);
      tf.dispose(x);
      half.dispose();
    },
  );

  test('bad input is refused', () => {
    const net = network();
    expect(() => mixedPrecision(net, { format: { ...formats.float16, mantissaBits: 30 } })).toThrow(/all float32/);
    expect(() => mixedPrecision(net, { lossScale: 0 })).toThrow(/lossScale is 0/);
    expect(() => mixedPrecision(net, { format: { element: formats.e2m1, block: 0 } })).toThrow(/format.block is 0/);
    expect(() => mixedPrecision(net, { gradients: { element: 'int4' as never } })).toThrow(/gradients is/);
    expect(() => mixedPrecision(sequential([{ ...net, kind: 'gru' }]))).toThrow(/layer 0 \(gru\)/);
    expect(() => withLossScaling(net as never, sgd())).toThrow(/must be what mixedPrecision\(\) made/);
    const half = mixedPrecision(net);
    expect(() => withLossScaling(half, sgd(), { backoff: 0 })).toThrow(/backoff is 0/);
    expect(() => withLossScaling(half, {} as never)).toThrow(/optimizer is/);
    half.dispose();
  });
});
