import * as tf from '@tensorflow/tfjs-core';
import {
  activationLayer,
  conv2d,
  dense,
  dropout,
  flatten,
  globalMaxPool,
  random,
  sequential,
  unflatten,
  type Layer,
  type SequentialLayer,
} from '@x/tensor';
import { expectNoLeak } from '@x-tooling/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  entropy,
  formatReport,
  minMax,
  percentile,
  quantize,
  simulate,
  squaredError,
  type Observer,
  type QuantizeOptions,
  type Scheme,
} from '../src/index.ts';
import { backends, useBackend } from './backends.ts';

/** 32-48-24-5 with what an MLP may have between its layers. */
function network(seed = 1): SequentialLayer {
  const keys = random.split(random.key(seed), 3);
  return sequential([
    flatten(),
    dense(32, 48, { activation: 'relu', key: keys[0] }),
    dropout(0.5),
    sequential([dense(48, 24, { key: keys[1] }), activationLayer('relu')]),
    dense(24, 5, { key: keys[2] }),
  ]);
}

function samplesOf(seed: number, examples = 64): tf.Tensor {
  return random.normal(random.key(seed), [examples, 4, 8]);
}

function values(net: Layer, x: tf.Tensor): Float32Array {
  const y = net.apply(x);
  const read = y.dataSync() as Float32Array;
  y.dispose();
  return read;
}

/** Decibels. */
function sqnr(expected: Float32Array, actual: Float32Array): number {
  const noise = expected.reduce((sum, y, i) => sum + (y - actual[i]!) ** 2, 0);
  return 10 * Math.log10(expected.reduce((sum, y) => sum + y * y, 0) / noise);
}

describe.each(backends)('on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  test.each([
    ['int8', {}, 33],
    ['int8', { activations: 'dynamic' }, 33],
    ['int8', { activations: 'float' }, 38],
    ['int8', { weights: { granularity: 'tensor' } }, 30],
    ['int8', { weights: { integers: 'asymmetric' } }, 33],
    ['int4', {}, 14],
    ['int4', { weights: { groupSize: 8 } }, 17],
    ['int4', { weights: { method: 'gptq', groupSize: 8 } }, 17],
    ['int4', { weights: { method: 'awq' } }, 14],
    ['ternary', {}, 3],
    ['binary', {}, 1],
  ] as const)('%s %o keeps the output within %d dB', async (scheme: Scheme, options, least) => {
    const net = network();
    const calibration = samplesOf(2);
    const q = await quantize(net, { scheme, calibrate: calibration, ...(options as QuantizeOptions) });
    const x = samplesOf(3);
    expect(sqnr(values(net, x), values(q, x))).toBeGreaterThan(least);
    const report = q.report();
    expect(report.layers.map(({ name }) => name)).toEqual(['1', '3.0', '4']);
    expect(report.output!.sqnr).toBeGreaterThan(least);
    expect(report.output!.cosine).toBeGreaterThan(0.5);
    expect(report.bytes / report.floatBytes).toBeLessThan(scheme === 'int8' ? 0.35 : 0.3);
    expect(formatReport(report).split('\n')).toHaveLength(5);
    tf.dispose([calibration, x]);
    net.dispose();
    q.dispose();
  });

  test('integers pass between int8 layers, and the numbers are those of plain arithmetic', async () => {
    const net = network();
    const calibration = samplesOf(2);
    const q = await quantize(net, { calibrate: calibration });
    const [, first, second, third] = q.steps as never as readonly [unknown, ...import('../src/index.ts').QuantizedStep[]];
    expect(first!.output).toEqual(second!.input);
    expect(second!.output).toEqual(third!.input);
    expect(third!.output).toBeUndefined();
    // The same by definition: integers of x, sums, one rounding.
    const x = samplesOf(4, 3);
    const flat = x.dataSync();
    let integers = Array.from(flat, (value) => quantized(value, first!.input as never));
    let rows: number[][] = [];
    for (const step of [first!, second!, third!]) {
      const { inputs, units } = step.weight;
      const w = step.weight.values();
      const from = step.input as { scale: number; zeroPoint: number };
      const bias = step.bias!.dataSync();
      rows = Array.from({ length: 3 }, (_, row) =>
        Array.from({ length: units }, (_, unit) => {
          const scale = from.scale * step.weight.scaleAt(0, unit);
          let sum = 0;
          for (let i = 0; i < inputs; i++) sum += (integers[row * inputs + i]! - from.zeroPoint) * w[i * units + unit]!;
          return (sum + Math.round(bias[unit]! / scale)) * scale;
        }),
      );
      if (step.output) integers = rows.flat().map((value) => quantized(Math.max(value, 0), step.output as never));
    }
    const steps = [first!, second!, third!].map((step) => (step.input as { scale: number }).scale * step.weight.scaleAt(0, 0));
    expect(values(q, x)).toBeAllclose(rows.flat(), { atol: steps[2]! * 130 });
    tf.dispose([calibration, x]);
    net.dispose();
    q.dispose();
  });

  test('equalizing, smoothing and bias correction keep the function, and leave it computed from the same integers', async () => {
    const net = network();
    // A channel with large activations, as they are made for.
    const [, first] = net.layers;
    const scale = Float32Array.from({ length: 48 }, (_, unit) => (unit === 7 ? 40 : 1));
    const weight = (first as ReturnType<typeof dense>).variables.weight;
    const next = net.variables['3.0.weight']!;
    tf.tidy(() => {
      weight.assign(tf.mul(weight, tf.tensor1d(scale)));
      next.assign(tf.div(next, tf.tensor2d(scale, [48, 1])));
    });
    const calibration = samplesOf(2, 200);
    const x = samplesOf(3, 200);
    const expected = values(net, x);
    const at = async (options: QuantizeOptions): Promise<number> => {
      const q = await quantize(net, { calibrate: calibration, weights: { granularity: 'tensor' }, ...options });
      const own = sqnr(expected, values(q, x));
      q.dispose();
      return own;
    };
    const plain = await at({});
    expect(await at({ smooth: 0.5 })).toBeGreaterThan(plain + 3);
    expect(await at({ equalize: true })).toBeGreaterThan(plain + 3);
    expect(await at({ correctBias: true })).toBeGreaterThan(plain - 0.5);
    tf.dispose([calibration, x]);
    net.dispose();
  });

  test.each<[string, QuantizeOptions]>([
    ['equalizing', { equalize: true }],
    ['smoothing', { smooth: 0.5 }],
    ['scales by activations', { weights: { method: 'awq' } }],
  ])('the report of a layer is of that layer, though %s made it another', async (_, options) => {
    const net = network();
    const weight = (net.layers[1] as ReturnType<typeof dense>).variables.weight;
    tf.tidy(() => weight.assign(tf.mul(weight, tf.exp(tf.linspace(-3, 3, 48)))));
    const calibration = samplesOf(2);
    const q = await quantize(net, { calibrate: calibration, ...options });
    for (const { output } of q.report().layers) expect(output!.sqnr).toBeGreaterThan(30);
    tf.dispose(calibration);
    net.dispose();
    q.dispose();
  });

  test.each([
    ['a unit whose weights have died', 1e-6, 1],
    ['inputs that are tiny', 1, 1e-6],
  ])('a bias of 1 beside %s is more than int32 counts, and is kept', async (_, ofWeights, ofInputs) => {
    const net = sequential([
      dense(32, 8, { key: random.key(1), biasInit: (shape) => tf.ones([...shape]) }),
      dense(8, 3, { key: random.key(2), biasInit: (shape) => tf.ones([...shape]) }),
    ]);
    const { weight } = (net.layers[0] as ReturnType<typeof dense>).variables;
    tf.tidy(() => weight.assign(tf.mul(weight, tf.tensor1d([ofWeights, 1, 1, 1, 1, 1, 1, 1]))));
    const calibration = tf.tidy(() => tf.mul(random.normal(random.key(3), [64, 32]), ofInputs));
    for (const granularity of ['channel', 'tensor'] as const)
      for (const integers of ['narrow', 'asymmetric'] as const) {
        const q = await quantize(net, { calibrate: calibration, weights: { granularity, integers } });
        expect(sqnr(values(net, calibration), values(q, calibration))).toBeGreaterThan(30);
        q.dispose();
      }
    tf.dispose(calibration);
    net.dispose();
  });

  test('a batch of no examples gives none, in integers and simulated', async () => {
    const images = (): Layer =>
      sequential([
        conv2d(2, 4, 3, { key: random.key(1), activation: 'relu' }),
        globalMaxPool(),
        dense(4, 8, { key: random.key(2) }),
        unflatten([2, 2, 2]),
        conv2d(2, 3, 1, { key: random.key(3) }),
        flatten(),
        dense(12, 5, { key: random.key(4) }),
      ]);
    for (const [net, sizes] of [
      [network(), [4, 8]],
      [images(), [5, 6, 2]],
    ] as const) {
      const calibration = random.normal(random.key(2), [8, ...sizes]);
      const none = tf.zeros([0, ...sizes]);
      const q = await quantize(net, { calibrate: calibration });
      const s = await simulate(net, { weights: {}, activations: {}, calibrate: calibration });
      for (const own of [net, q, s])
        tf.tidy(() => {
          expect(own.apply(none).shape).toEqual([0, 5]);
        });
      tf.dispose([calibration, none]);
      for (const own of [net, q, s]) own.dispose();
    }
  });

  test('layers may have schemes of their own, or stay in float', async () => {
    const net = network();
    const calibration = samplesOf(2);
    const q = await quantize(net, { calibrate: [calibration], layers: { '1': 'int4', '4': 'float' } });
    expect(q.report().layers.map(({ scheme, bits }) => [scheme, bits])).toEqual([
      ['int4', 4],
      ['int8', 8],
      ['float', 32],
    ]);
    net.dispose();
    // Its own weights stay.
    expect(values(q, calibration)).toHaveLength(64 * 5);
    expect(q.outputShape([null, 4, 8])).toEqual([null, 5]);
    calibration.dispose();
    q.dispose();
    q.dispose();
    expect(() => q.apply(tf.zeros([1, 4, 8]))).toThrow(/disposed/);
  });

  test('layers that can’t be quantized are named, and kept in float only when asked', async () => {
    const odd = (kind: string): Layer => ({
      kind,
      variables: {},
      apply: (x) => tf.sin(x),
      outputShape: (shape) => shape,
      dispose: () => {},
    });
    const keys = random.split(random.key(1), 2);
    const net = sequential([dense(8, 8, { key: keys[0] }), odd('sine'), sequential([odd('wave')]), dense(8, 2, { key: keys[1] })]);
    const calibration = random.normal(random.key(2), [16, 8]);
    await expect(quantize(net, { calibrate: calibration })).rejects.toThrow(
      /layer 1 \(sine\), layer 2.0 \(wave\) can't be quantized.*unsupported: 'float'/,
    );
    const q = await quantize(net, { calibrate: calibration, unsupported: 'float' });
    expect(q.report().layers.map(({ scheme }) => scheme)).toEqual(['int8', 'float', 'float', 'int8']);
    expect(sqnr(values(net, calibration), values(q, calibration))).toBeGreaterThan(30);
    calibration.dispose();
    net.dispose();
    q.dispose();
  });

  test.each<Observer>([minMax(), percentile(), squaredError(), entropy()])('any observer finds usable ranges %#', async (observer) => {
    const net = network();
    const calibration = samplesOf(2, 256);
    const q = await quantize(net, { calibrate: calibration, observer });
    expect(q.report().output!.sqnr).toBeGreaterThan(20);
    calibration.dispose();
    net.dispose();
    q.dispose();
  });

  test('nothing leaks', async () => {
    const net = network();
    const calibration = samplesOf(2);
    for (const options of [
      {},
      { scheme: 'int4', weights: { method: 'gptq' } },
      { smooth: 0.5, correctBias: true },
      { layers: { '4': 'float' } },
    ] as QuantizeOptions[]) {
      await expectNoLeak(async () => {
        const q = await quantize(net, { calibrate: calibration, ...options });
        values(q, calibration);
        q.dispose();
      });
    }
    calibration.dispose();
    net.dispose();
  });

  test('bad input is refused before anything is made', async () => {
    const net = network();
    const calibration = samplesOf(2);
    const poisoned = tf.tidy(() => tf.mul(calibration, tf.tensor([...Array(31).fill(1), Number.NaN], [4, 8])));
    const wrong = random.normal(random.key(1), [8, 31]);
    const cases: readonly (readonly [QuantizeOptions, RegExp])[] = [
      [{}, /calibrate is missing, but calibrated activations can't do without samples/],
      [{ scheme: 'int4', weights: { method: 'gptq' } }, /gptq can't do without samples/],
      [{ scheme: 'int4', correctBias: true }, /correctBias can't do without samples/],
      [{ calibrate: [] }, /calibrate holds no sample/],
      [{ calibrate: 3 as never }, /calibrate is 3/],
      [{ calibrate: [tf.scalar(1)] }, /float32\[\]/],
      [{ calibrate: poisoned }, /the input of layer 1 can't be observed.*NaN/],
      [{ calibrate: wrong }, /layer 1 gets \[8, 31\].*takes 32/],
      [{ scheme: 'int3' as never }, /scheme is "int3"/],
      [{ calibrate: calibration, layers: { '9': 'int4' } }, /layers names "9", but the linear layers are 1, 3\.0, 4/],
      [{ calibrate: calibration, layers: { '1': 'int9' as never } }, /layers\['1'\] is "int9"/],
      [{ calibrate: calibration, scheme: 'float' }, /no layer would be quantized/],
      [{ scheme: 'int4', weights: { groupSize: 7 } }, /groupSize 7 does not divide the 32 inputs/],
      [{ scheme: 'int4', weights: { groupSize: 4 } }, /multiple of 8/],
      [{ calibrate: calibration, weights: { groupSize: 8 } }, /calibrated activations need weights without groups/],
      [{ scheme: 'int4', weights: { bits: 9 } }, /bits is 9/],
      [{ calibrate: calibration, smooth: 2 }, /smooth is 2/],
    ];
    await expectNoLeak(
      async () => {
        for (const [options, message] of cases) await expect(quantize(net, options), String(message)).rejects.toThrow(message);
      },
      { keeps: 0 },
    );
    await expect(quantize(undefined as never)).rejects.toThrow(/net is undefined/);
    tf.dispose([calibration, poisoned, wrong]);
    net.dispose();
  });
});

function quantized(value: number, { scale, zeroPoint }: { scale: number; zeroPoint: number }): number {
  return Math.min(Math.max(Math.round(value / scale) + zeroPoint, -128), 127);
}
