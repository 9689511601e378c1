import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { disable, enable } from '../../src/index.ts';
import { positiveBits, wherePositive } from '../../src/storage.ts';
import { backends, useBackend } from '../backends.ts';
import { floats } from '../kernels/values.ts';

describe.each(backends)('positiveBits and wherePositive on %s', (name) => {
  beforeAll(async () => {
    await useBackend(name);
    if (name !== 'cpu') await (await enable()).load('storage');
  });
  afterAll(disable);

  test('a bit a number, zeros and NaN are not above 0, and the numbers come back where they were', () => {
    const before = tf.memory().numTensors;
    for (const size of [1, 15, 16, 17, 31, 32, 33, 100, 4097, 9000]) {
      const values = floats(size, size);
      values.set([0, -0, NaN, Infinity, -Infinity].slice(0, size));
      const x = tf.tensor1d(values);
      const bits = positiveBits(x);
      const words = new Int32Array(Math.ceil(size / 32));
      values.forEach((value, i) => (words[i >> 5]! |= value > 0 ? 1 << (i & 31) : 0));
      expect([...bits.dataSync()]).toEqual([...words]);
      const y = wherePositive(x, bits);
      expect([...y.dataSync()]).toEqual([...values].map((value) => (value > 0 ? value : 0)));
      tf.dispose([x, bits, y]);
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  test('wrong arguments are refused by name', () => {
    const x = tf.zeros([40]);
    expect(() => positiveBits(tf.zeros([4], 'int32'))).toThrow(/positiveBits: x is int32/);
    expect(() => wherePositive(x, tf.zeros([1], 'int32'))).toThrow(/bits is int32\[1\], but its shape must be \[2\]/);
    x.dispose();
  });
});
