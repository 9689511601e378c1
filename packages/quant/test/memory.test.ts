import * as tf from '@tensorflow/tfjs-core';
import {
  adam,
  adamw,
  dense,
  disposeState,
  random,
  sequential,
  trainable,
  trainStep,
  type Optimizer,
  type SequentialLayer,
} from '@x/tensor';
import { expectNoLeak } from '@x-tooling/testing';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { adam8bit, boundedCodec, boundForGradientError, compressActivations, stochasticCodec, type ActivationCodec } from '../src/index.ts';
import { backends, useBackend } from './backends.ts';

function network(): SequentialLayer {
  const keys = random.split(random.key(1), 2);
  return sequential([dense(64, 96, { activation: 'relu', key: keys[0] }), dense(96, 10, { key: keys[1] })]);
}

function batch(seed: number, count = 64): { x: tf.Tensor; y: tf.Tensor } {
  return {
    x: random.normal(random.key(seed), [count, 64]),
    y: tf.tensor1d(
      Int32Array.from({ length: count }, (_, i) => i % 10),
      'int32',
    ),
  };
}

describe.each(backends)('adam8bit on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  function losses(optimizer: Optimizer, steps: number): { values: number[]; bytes: number } {
    const net = network();
    const state = optimizer.init(trainable(net));
    const data = batch(1);
    const values = Array.from({ length: steps }, () => tf.tidy(() => trainStep(net, data, { optimizer, state }).dataSync()[0]!));
    const bytes = Object.values(state.slots)
      .flatMap((slot) => Object.values(slot))
      .reduce((sum, { size }) => sum + 4 * size, 0);
    disposeState(state);
    tf.dispose(data);
    net.dispose();
    return { values, bytes };
  }

  test('small parameters are exactly Adam’s and AdamW’s', () => {
    expect(losses(adam8bit({ least: 1e9, learningRate: 0.01 }), 5).values).toBeAllclose(losses(adam({ learningRate: 0.01 }), 5).values, {
      rtol: 1e-4,
    });
    expect(losses(adam8bit({ least: 1e9, learningRate: 0.01, weightDecay: 0.1 }), 5).values).toBeAllclose(
      losses(adamw({ learningRate: 0.01, weightDecay: 0.1 }), 5).values,
      { rtol: 1e-4 },
    );
  });

  test('trains as Adam does in a quarter of the bytes', () => {
    const few = losses(adam8bit({ learningRate: 0.005 }), 60);
    const full = losses(adam({ learningRate: 0.005 }), 60);
    expect(few.values.at(-1)).toBeCloseTo(full.values.at(-1)!, 1);
    expect(few.values.at(-1)!).toBeLessThan(0.3 * few.values[0]!);
    // The first weight has 6144 numbers, all others stay in 32 bits.
    expect(few.bytes).toBe(2 * (6144 + 4 * 24) + 8 * (96 + 960 + 10));
    expect((2 * (6144 + 4 * 24)) / (8 * 6144)).toBeLessThan(0.27);
    expect(full.bytes).toBe(8 * (6144 + 96 + 960 + 10));
  });

  test('nothing leaks, and strange states are refused', () => {
    expectNoLeak(() => losses(adam8bit(), 2));
    const net = network();
    const optimizer = adam8bit();
    const gradients = { '0.bias': tf.zeros([96]) };
    expect(() => optimizer.update(net.variables, gradients, { step: 0, slots: {} })).toThrow(/no live memory of '0.bias'/);
    expect(() => optimizer.update({}, gradients, { step: 0, slots: {} })).toThrow(/belongs to no parameter/);
    expect(() => adam8bit({ beta1: 1 })).toThrow(/beta1 is 1/);
    expect(() => adam8bit({ block: 18 })).toThrow(/block is 18, but must be a multiple of 4/);
    expect(() => adam8bit({ block: 100000 })).toThrow(/block is 100000/);
    expect(() => adam8bit({ learningRate: -1 })).toThrow(/learningRate is -1/);
    tf.dispose(gradients);
    net.dispose();
  });
});

/** Numbers there and back, and the bytes between. */
function through(codec: ActivationCodec, values: Float32Array, key = random.key(0)): { back: Float32Array; bytes: number } {
  return tf.tidy(() => {
    const kept = codec.compress(tf.tensor1d(values), key);
    expect(kept.tensors.reduce((sum, { size }) => sum + 4 * size, 0)).toBe(kept.bytes);
    return { back: codec.decompress(kept).dataSync() as Float32Array, bytes: kept.bytes };
  });
}

describe('stochastic rounding of activations', () => {
  test.each([2, 4, 8] as const)('%d bits are right on average, within 4 standard errors', (bits) => {
    const codec = stochasticCodec({ bits, group: 64 });
    const x = random.normal(random.key(3), [256]).dataSync() as Float32Array;
    const draws = 400;
    const sums = new Float64Array(x.length);
    for (let draw = 0; draw < draws; draw++)
      through(codec, x, random.fold(random.key(4), draw)).back.forEach((value, i) => (sums[i]! += value - x[i]!));
    // A number between two steps goes to one or the other: a coin of probability p, whose variance is known.
    const variances = Float64Array.from(x, (value, i) => {
      const group = x.subarray(Math.floor(i / 64) * 64, Math.floor(i / 64) * 64 + 64);
      const step = (Math.max(...group) - Math.min(...group)) / (2 ** bits - 1);
      const place = (value - Math.min(...group)) / step;
      const p = place - Math.floor(place);
      return draws * step ** 2 * p * (1 - p);
    });
    const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);
    expect(Math.abs(total(sums))).toBeLessThan(4 * Math.sqrt(total(variances)));
    // What float32 makes of the ends of a range.
    const exactness = draws * 1e-6;
    expect(sums.filter((sum, i) => Math.abs(sum) > 4 * Math.sqrt(variances[i]!) + exactness).length).toBeLessThanOrEqual(1);
  });

  test('takes the bytes it says, for any size, and keeps constants', () => {
    for (const size of [1, 7, 64, 65, 1000]) {
      const constant = new Float32Array(size).fill(3);
      const { back, bytes } = through(stochasticCodec({ bits: 2, group: 256 }), constant);
      expect(bytes).toBe(8 * Math.ceil(size / 256) + 16 * Math.ceil(size / 64));
      expect(back).toEqual(constant);
    }
    expect(() => stochasticCodec({ bits: 3 as never })).toThrow(/bits is "3"/);
    expect(() => stochasticCodec({ group: 32 })).toThrow(/group \/ 64 is 0.5/);
  });
});

describe('error-bounded compression', () => {
  test('never exceeds its bound and keeps zeros', () => {
    fc.assert(
      fc.property(
        fc.float32Array({ noNaN: true, noDefaultInfinity: true, min: -1000, max: 1000 }),
        fc.double({ min: 2e-4, max: 10, noNaN: true }),
        (x, bound) => {
          const codec = boundedCodec(bound);
          const { back } = through(codec, x);
          expect(back).toHaveLength(x.length);
          x.forEach((value, i) => {
            expect(Math.abs(value - back[i]!)).toBeLessThanOrEqual(bound);
            if (value === 0) expect(back[i]).toBe(0);
          });
        },
      ),
      { numRuns: 300 },
    );
    expect(() => boundedCodec(0)).toThrow(/bound is 0/);
    expect(() => through(boundedCodec(1e-12), Float32Array.of(1))).toThrow(/bound is 1e-12, but float32 numbers/);
  });

  test('zeros of rectifiers cost next to nothing', () => {
    const x = Float32Array.from({ length: 64 * 100 }, (_, i) => (i % 640 < 64 ? Math.sin(i) : 0));
    expect(through(boundedCodec(0.01), x).bytes).toBe(8 + 100 + 10 * 8 * 7);
  });

  test('the gradient’s error follows the law bound / √3 · √Σδ²', () => {
    const [rows, inputs, units, bound] = [128, 200, 30, 0.05];
    const x = random.normal(random.key(5), [rows, inputs]).dataSync() as Float32Array;
    const delta = random.normal(random.key(6), [rows, units]).dataSync();
    const codec = boundedCodec(bound);
    const { back } = through(codec, x);
    let [observed, expected] = [0, 0];
    for (let unit = 0; unit < units; unit++) {
      let squares = 0;
      for (let row = 0; row < rows; row++) squares += delta[row * units + unit]! ** 2;
      expected += (bound ** 2 / 3) * squares * inputs;
      for (let input = 0; input < inputs; input++) {
        let error = 0;
        for (let row = 0; row < rows; row++) error += (back[row * inputs + input]! - x[row * inputs + input]!) * delta[row * units + unit]!;
        observed += error ** 2;
      }
      expect(boundForGradientError((bound / Math.sqrt(3)) * Math.sqrt(squares), squares)).toBeCloseTo(bound, 10);
    }
    expect(Math.abs(Math.sqrt(observed / expected) - 1)).toBeLessThan(0.05);
  });
});

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

  test('bad input is refused', () => {
    const net = sequential([dense(4, 4, { activation: 'tanh', key: random.key(1) })]);
    expect(() => compressActivations(net)).toThrow(/layer 0 \(dense with tanh\)/);
    net.dispose();
    const fine = network();
    const lean = compressActivations(fine);
    expect(() => lean.apply(tf.zeros([1, 64]), { training: true })).toThrow(/needs a key/);
    fine.dispose();
  });
});
