import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { disable, enable } from '../../src/index.ts';
import { fakeQuantize, type FakeQuantizeOptions } from '../../src/quant.ts';
import { backends, useBackend } from '../backends.ts';
import { floats } from '../kernels/values.ts';

/** y, and gradients of x and the scale of sum(y·weight). */
function run(x: tf.Tensor, scale: tf.Tensor, weight: tf.Tensor, options: FakeQuantizeOptions): Float32Array[] {
  return tf.tidy(() => {
    const y = fakeQuantize(x, scale, options);
    const gradients = tf.grads((a, s) => tf.sum(tf.mul(fakeQuantize(a!, s!, options), weight)))([x, scale]);
    return [y, ...gradients].map((tensor) => tensor.dataSync().slice() as Float32Array);
  });
}

const cases: readonly (readonly [shape: number[], perColumn: boolean, options: FakeQuantizeOptions])[] = [
  [[1], false, {}],
  [[5000], false, { bits: 4, gradientScale: 0.3 }],
  [[9, 100, 10], false, { bits: 8, zeroPoint: 40, unsigned: true }],
  [[7, 3], true, { bits: 2 }],
  [[33, 130], true, { bits: 4, narrow: true, gradientScale: 2 }],
  [[2, 5, 64], true, { bits: 3, zeroPoint: 1 }],
];
const expected: Float32Array[][] = [];

describe.each(backends)('fakeQuantize on %s', (name) => {
  beforeAll(async () => {
    await useBackend(name);
    if (name !== 'cpu') await (await enable()).load('quant');
  });
  afterAll(disable);

  test('golden values of LSQ (reference values of the paper’s formula)', () => {
    const x = tf.tensor1d([-3, -1.2, -0.26, 0.1, 0.75, 1.49, 2.2, 9]);
    const ones = tf.ones([8]);
    const scale = tf.scalar(0.5);
    const [y, dx, ds] = run(x, scale, ones, { bits: 3 });
    expect([...y!].map((value) => value / 0.5 + 0)).toEqual([-4, -2, -1, 0, 2, 3, 3, 3]);
    expect([...dx!]).toEqual([0, 1, 1, 1, 1, 1, 0, 0]);
    expect(ds![0]).toBeCloseTo(-4 + 0.4 - 0.48 - 0.2 + 0.5 + 0.02 + 3 + 3, 5);
    tf.dispose([x, ones, scale]);
  });

  test('values and gradients of x are the same on every backend; those of scales to 1e-5 of the gradients’ sum; nothing leaks', () => {
    const before = tf.memory().numTensors;
    cases.forEach(([shape, perColumn, options], index) => {
      const count = shape.reduce((a, b) => a * b);
      const x = tf.tensor(floats(count, index), shape);
      const weight = tf.tensor(floats(count, index + 20, { scale: 1 }), shape);
      const scale = perColumn
        ? tf.tensor1d(floats(shape.at(-1)!, index + 9, { scale: 0.4 }).map((value) => Math.abs(value) + 0.05))
        : tf.scalar(0.3);
      const given = run(x, scale, weight, options);
      expected[index] ??= given;
      expect(given[0]!.map((value) => value + 0)).toEqual(expected[index]![0]!.map((value) => value + 0));
      expect(given[1]!.map((value) => value + 0)).toEqual(expected[index]![1]!.map((value) => value + 0));
      expect(given[2]).toBeAllclose(expected[index]![2]!, { rtol: 1e-5, atol: 1e-5 * Math.sqrt(count) });
      const numbers = fakeQuantize(x, 0.3, options);
      numbers.dispose();
      tf.dispose([x, weight, scale]);
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  test('wrong arguments are refused by name', () => {
    const x = tf.zeros([2, 3]);
    expect(() => fakeQuantize(x, 0)).toThrow(/scale is 0, but must be .* above 0/);
    expect(() => fakeQuantize(x, tf.zeros([2]))).toThrow(/must have 3 numbers/);
    expect(() => fakeQuantize(x, 1, { bits: 1 })).toThrow(/bits is 1/);
    expect(() => fakeQuantize(x, 1, { zeroPoint: 200 })).toThrow(/zeroPoint is 200, .* at most 127/);
    x.dispose();
  });
});
