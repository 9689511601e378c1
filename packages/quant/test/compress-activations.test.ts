import * as tf from '@tensorflow/tfjs-core';
import {
  adam,
  conv2d,
  dense,
  disposeState,
  flatten,
  globalAveragePool,
  maxPool2d,
  random,
  sequential,
  softmaxCrossEntropy,
  trainable,
  trainStep,
  unflatten,
  type Layer,
  type Optimizer,
  type SequentialLayer,
} from '@x/tensor';
import { expectNoLeak } from '@x-tooling/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { boundedCodec, compressActivations, stochasticCodec } from '../src/index.ts';
import { backends, useBackend } from './backends.ts';
import { batch, network } from './memory-network.ts';
import { through } from './through-codec.ts';

describe.each(backends)('compressed activations on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  test('gradients of weights are right on average, all others exactly', () => {
    const net = network();
    const lean = compressActivations(net, { codec: stochasticCodec({ bits: 4, group: 64 }) });
    const { x, y } = batch(2);
    const gradients = (layer: SequentialLayer | typeof lean, seed: number): Record<string, Float32Array> => {
      const found: Record<string, Float32Array> = {};
      const optimizer: Optimizer = {
        init: () => ({ step: 0, slots: {} }),
        update: (_, own) => Object.entries(own).forEach(([name, g]) => (found[name] = g.dataSync() as Float32Array)),
      };
      trainStep(layer, { x, y }, { optimizer, state: { step: 0, slots: {} }, key: random.key(seed) }).dispose();
      return found;
    };
    const exact = gradients(net, 0);
    const draws = Array.from({ length: 30 }, (_, seed) => gradients(lean, seed));
    for (const [name, values] of Object.entries(exact)) {
      const size = Math.sqrt(values.reduce((sum, g) => sum + g * g, 0));
      const mean = values.map((_, i) => draws.reduce((sum, own) => sum + own[name]![i]!, 0) / draws.length);
      const error = Math.sqrt(mean.reduce((sum, g, i) => sum + (g - values[i]!) ** 2, 0));
      const single = Math.sqrt(draws[0]![name]!.reduce((sum, g, i) => sum + (g - values[i]!) ** 2, 0));
      if (name.endsWith('bias')) expect(single / size).toBeLessThan(1e-5);
      else {
        expect(single / size).toBeGreaterThan(0.01);
        // 30 draws leave a 5.5th of the error.
        expect(error).toBeLessThan(0.4 * single);
      }
    }
    tf.dispose([x, y]);
    lean.dispose();
  });

  test('keeps the eighth and less, tells so, and leaks nothing', () => {
    const data = batch(3, 256);
    const steps = (): number => {
      const net = network();
      const lean = compressActivations(net);
      const optimizer = adam();
      const state = optimizer.init(trainable(lean));
      for (let step = 0; step < 3; step++) trainStep(lean, data, { optimizer, state, key: random.key(step) }).dispose();
      const kept = lean.kept();
      expect(kept.map(({ name }) => name)).toEqual(['0', '1']);
      disposeState(state);
      lean.dispose();
      return kept.reduce((sum, { floatBytes }) => sum + floatBytes, 0) / kept.reduce((sum, { bytes }) => sum + bytes, 0);
    };
    expect(steps()).toBeGreaterThan(8);
    expectNoLeak(() => void steps());
    tf.dispose(data);
  });

  test.each([
    ['2 bits', { codec: stochasticCodec() }, 0.12],
    ['8 bits in groups of 64', { codec: stochasticCodec({ bits: 8, group: 64 }) }, 0.12],
    ['a bound of 0.05', { codec: boundedCodec(0.05) }, 0.12],
    ['a bound chosen from the gradient', { gradientError: 0.03 }, 0.12],
  ] as const)('%s: the report is what the network and plain products say', (_, options, tolerance) => {
    const net = network();
    const lean = compressActivations(net, options);
    const { x, y } = batch(5, 128);
    const key = random.key(7);
    const gradients = (layer: Layer): Record<string, tf.Tensor> => {
      const found: Record<string, tf.Tensor> = {};
      const optimizer: Optimizer = {
        init: () => ({ step: 0, slots: {} }),
        update: (_parameters, own) => Object.entries(own).forEach(([name, g]) => (found[name] = tf.keep(tf.clone(g)))),
      };
      trainStep(layer, { x, y }, { optimizer, state: { step: 0, slots: {} }, key }).dispose();
      return found;
    };
    const exact = gradients(net);
    // Of a bound that is chosen, the first step measures.
    tf.dispose(gradients(lean));
    const before = tf.memory().numTensors;
    const report = lean.report({ x, y }, { key });
    expect(tf.memory().numTensors).toBe(before);
    const own = gradients(lean);
    const kept = lean.kept();
    expect(report.layers.map(({ name }) => name)).toEqual(['0', '1']);
    let [errors, sizes] = [0, 0];
    report.layers.forEach(({ name, codec, bytes, floatBytes, activationError, gradientError }, index) => {
      expect({ name, codec, bytes, floatBytes }).toEqual(kept[index]);
      const [a, b] = [exact, own].map((all) => all[`${name}.weight`]!.dataSync()) as [Float32Array, Float32Array];
      const error = a.reduce((sum, value, i) => sum + (b[i]! - value) ** 2, 0);
      const size = a.reduce((sum, value) => sum + value ** 2, 0);
      errors += error;
      sizes += size;
      expect(gradientError.relative).toBeCloseTo(Math.sqrt(error / size), 4);
      expect(gradientError.rms / Math.sqrt(error / a.length)).toBeCloseTo(1, 3);
      // So many weights are a sample of what theory expects.
      expect(Math.abs(gradientError.expected / gradientError.rms - 1)).toBeLessThan(tolerance);
      expect(activationError.rms).toBeLessThanOrEqual(activationError.max);
      expect(activationError.max).toBeGreaterThan(0);
      if (codec === 'error at most 0.05') expect(activationError.max).toBeLessThanOrEqual(0.05);
      if ('gradientError' in options) {
        // Zeros have no error, so that a rectifier's layer stays below what was asked for.
        expect(gradientError.relative).toBeLessThan(1.1 * options.gradientError);
        expect(gradientError.relative).toBeGreaterThan(0.5 * options.gradientError);
      }
    });
    expect(report.relativeError).toBeCloseTo(Math.sqrt(errors / sizes), 4);
    expect(report.bytes).toBe(kept.reduce((sum, { bytes }) => sum + bytes, 0));
    expect(report.floatBytes).toBe(4 * 128 * (64 + 96));
    tf.dispose([x, y, exact, own]);
    lean.dispose();
  });

  /** An image network: windows with steps and padding, pools. */
  function images(): SequentialLayer {
    const keys = random.split(random.key(2), 3);
    return sequential([
      ...[unflatten([12, 12, 3]), conv2d(3, 8, 3, { activation: 'relu', padding: 'same', key: keys[0]! }), maxPool2d(2)],
      ...[conv2d(8, 12, 3, { activation: 'relu', strides: 2, padding: 1, key: keys[1]! }), maxPool2d([3, 2], { strides: [3, 2] })],
      ...[flatten(), dense(12, 5, { key: keys[2]! })],
    ]);
  }

  test('a network of convolutions and pools: gradients of biases are exact, those of weights as reported', () => {
    const net = images();
    const lean = compressActivations(net, { codec: boundedCodec(0.05) });
    const x = random.normal(random.key(5), [16, 432]);
    const y = tf.tensor1d(
      Int32Array.from({ length: 16 }, (_, i) => i % 5),
      'int32',
    );
    const gradients = (layer: Layer): Record<string, Float32Array> => {
      const found: Record<string, Float32Array> = {};
      const optimizer: Optimizer = {
        init: () => ({ step: 0, slots: {} }),
        update: (_parameters, own) => Object.entries(own).forEach(([name, g]) => (found[name] = g.dataSync().slice() as Float32Array)),
      };
      trainStep(layer, { x, y }, { optimizer, state: { step: 0, slots: {} }, key: random.key(0) }).dispose();
      return found;
    };
    const [exact, own] = [gradients(net), gradients(lean)];
    const report = lean.report({ x, y });
    expect(Object.keys(own)).toEqual(Object.keys(exact));
    for (const [name, values] of Object.entries(exact)) {
      const error = Math.sqrt(values.reduce((sum, value, i) => sum + (own[name]![i]! - value) ** 2, 0));
      const size = Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0));
      if (name.endsWith('bias')) expect(error / size).toBeLessThan(1e-5);
      else {
        const layer = report.layers.find((part) => `${part.name}.weight` === name)!;
        expect(layer.gradientError.relative).toBeCloseTo(error / size, 4);
        expect(error / size).toBeGreaterThan(1e-4);
        // Of 60 weights and more.
        expect(Math.abs(layer.gradientError.expected / layer.gradientError.rms - 1)).toBeLessThan(0.3);
      }
    }
    expect(lean.kept().map(({ name }) => name)).toEqual(['1', '2', '3', '4', '6']);
    const [, pool] = lean.kept();
    expect(pool).toEqual({ name: '2', codec: 'places of the greatest', floatBytes: 4 * 16 * 144 * 8, bytes: (16 * 144 * 8) / 8 });
    tf.dispose([x, y]);
    lean.dispose();
  });

  test.each([
    ['dense layers', network, 64],
    ['convolutions and pools', images, 432],
  ] as const)('between forward and backward %s hold what is reported, and little else', (_, make, inputs) => {
    const net = make();
    const lean = compressActivations(net);
    const x = random.normal(random.key(5), [64, inputs]);
    const y = tf.zeros([64], 'int32');
    const held = (layer: Layer): number => {
      let bytes = 0;
      const weights = Object.entries(net.variables).reduce((sum, [name, { size }]) => sum + (name.endsWith('weight') ? 4 * size : 0), 0);
      const before = tf.memory().numBytes;
      const loss = (output: tf.Tensor, labels: tf.Tensor): tf.Tensor => {
        // tfjs counts what shares a tensor's memory, as a weight that is kept does, as if it had its own.
        bytes = tf.memory().numBytes - before - 4 * output.size - weights;
        return softmaxCrossEntropy(output, labels);
      };
      const optimizer: Optimizer = { init: () => ({ step: 0, slots: {} }), update: () => {} };
      trainStep(layer, { x, y }, { optimizer, state: { step: 0, slots: {} }, key: random.key(0), loss }).dispose();
      return bytes;
    };
    const float = held(net);
    const own = held(lean);
    const kept = lean.kept().reduce((sum, { bytes }) => sum + bytes, 0);
    expect(own).toBe(kept);
    expect(own).toBeLessThan(float / 4);
    tf.dispose([x, y]);
    lean.dispose();
  });

  test('the first layer’s activation error is that of its codec, number by number', () => {
    const lean = compressActivations(network(), { codec: boundedCodec(0.1) });
    const { x, y } = batch(6);
    const [first] = lean.report({ x, y }).layers;
    const values = x.dataSync() as Float32Array;
    const { back } = through(boundedCodec(0.1), values);
    const errors = values.map((value, i) => back[i]! - value);
    expect(first!.activationError.max).toBeCloseTo(Math.max(...errors.map(Math.abs)), 6);
    expect(first!.activationError.rms).toBeCloseTo(Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length), 6);
    tf.dispose([x, y]);
    lean.dispose();
  });

  test('a chosen bound is measured again after an interval, and training goes on as without', () => {
    const train = (make: (net: SequentialLayer) => Layer): number[] => {
      const net = make(network());
      const optimizer = adam({ learningRate: 0.005 });
      const state = optimizer.init(trainable(net));
      const data = batch(3);
      const losses = Array.from({ length: 30 }, (_, step) =>
        tf.tidy(() => trainStep(net, data, { optimizer, state, key: random.key(step) }).dataSync()[0]!),
      );
      disposeState(state);
      tf.dispose(data);
      net.dispose();
      return losses;
    };
    const codecs = new Set<string>();
    const own = train((net) => {
      const lean = compressActivations(net, { gradientError: 0.02, interval: 10 });
      const apply: typeof lean.apply = (x, context) => {
        lean.kept().forEach(({ codec }) => codecs.add(codec));
        return lean.apply(x, context);
      };
      return { ...lean, apply };
    });
    expect(own).toBeAllclose(
      train((net) => net),
      { rtol: 0.02, atol: 0.01 },
    );
    // Floats at first, then three bounds of two layers.
    expect(codecs.size).toBe(1 + 6);
  });

  test('bad input is refused', () => {
    const tiny = network();
    expect(() => compressActivations(tiny, { codec: boundedCodec(1), gradientError: 0.1 })).toThrow(
      /codec and gradientError are both given/,
    );
    expect(() => compressActivations(tiny, { gradientError: 0 })).toThrow(/gradientError is 0/);
    expect(() => compressActivations(tiny, { interval: 0 })).toThrow(/interval is 0/);
    expect(() => compressActivations(tiny).report({ x: tf.zeros([2, 3]), y: tf.zeros([2], 'int32') })).toThrow(/64/);
    tiny.dispose();
    const net = sequential([dense(4, 4, { activation: 'tanh', key: random.key(1) })]);
    expect(() => compressActivations(net)).toThrow(/layer 0 \(dense with tanh\)/);
    net.dispose();
    const odd = sequential([
      conv2d(4, 4, 3, { dilation: 2, key: random.key(1) }),
      conv2d(4, 4, 3, { groups: 2, activation: 'relu', key: random.key(1) }),
      maxPool2d(3, { strides: 2 }),
      globalAveragePool(),
    ]);
    expect(() => compressActivations(odd)).toThrow(
      /layer 0 \(conv2d with groups or dilation\), layer 1 \(conv2d with groups or dilation\), layer 2 \(maxPool2d of overlapping windows\), layer 3 \(globalAveragePool\)/,
    );
    odd.dispose();
    const fine = network();
    const lean = compressActivations(fine);
    expect(() => lean.apply(tf.zeros([1, 64]), { training: true })).toThrow(/needs a key/);
    fine.dispose();
  });
});
