import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { initializers, random, type Initializer } from '../../src/index.ts';
import { useBackend } from '../backends.ts';

beforeAll(() => useBackend('cpu'));
const key = random.key(21);
const values = (init: Initializer, shape: number[]): number[] => tf.tidy(() => [...init(shape, key).dataSync()]);
const variance = (list: number[]): number => list.reduce((sum, value) => sum + value * value, 0) / list.length;

describe('variance, within 5 %', () => {
  test.each<[string, Initializer, number]>([
    ['glorotUniform', initializers.glorotUniform(), 2 / 500],
    ['glorotNormal', initializers.glorotNormal(), 2 / 500],
    ['heUniform', initializers.heUniform(), 2 / 200],
    ['heNormal', initializers.heNormal(), 2 / 200],
    ['lecunUniform', initializers.lecunUniform(), 1 / 200],
    ['lecunNormal', initializers.lecunNormal(), 1 / 200],
    ['uniform', initializers.uniform({ min: -1, max: 1 }), 1 / 3],
    ['normal', initializers.normal({ std: 2 }), 4],
    ['truncatedNormal', initializers.truncatedNormal({ std: 2 }), 4 * 0.7737],
  ])('%s of [200, 300]', (_, init, expected) => {
    const list = values(init, [200, 300]);
    expect(variance(list) / expected).toBeGreaterThan(0.95);
    expect(variance(list) / expected).toBeLessThan(1.05);
  });
});

test('glorotUniform stays within its bound', () => {
  const list = values(initializers.glorotUniform(), [200, 300]);
  const bound = Math.sqrt(6 / 500);
  expect(Math.max(...list.map(Math.abs))).toBeLessThanOrEqual(bound);
  expect(Math.max(...list.map(Math.abs))).toBeGreaterThan(bound * 0.99);
});

test('constants', () => {
  expect(values(initializers.zeros(), [2])).toEqual([0, 0]);
  expect(values(initializers.ones(), [2])).toEqual([1, 1]);
  expect(values(initializers.constant(-3), [2])).toEqual([-3, -3]);
});

test.each([
  [[5], 5, 5],
  [[], 1, 1],
  [[4, 6], 4, 6],
  [[3, 3, 8, 16], 72, 144],
])('fans of %o', (shape, fanIn, fanOut) => {
  expect(initializers.fans(shape)).toEqual({ fanIn, fanOut });
});

test.each([[[6, 6]], [[4, 9]], [[9, 4]], [[2, 3, 4]]])(
  'orthogonal %o: rows or columns are orthonormal times the gain, atol 1e-6',
  (shape) => {
    tf.tidy(() => {
      const columns = shape.at(-1)!;
      const matrix = tf.reshape(initializers.orthogonal({ gain: 2 })(shape, key), [-1, columns]);
      const rows = matrix.shape[0]!;
      const product = rows <= columns ? tf.matMul(matrix, matrix, false, true) : tf.matMul(matrix, matrix, true, false);
      expect(product).toBeAllclose(tf.mul(tf.eye(Math.min(rows, columns)), 4), { rtol: 0, atol: 4e-6 });
    });
  },
);

test('a weight with no inputs can be made', () => {
  expect(values(initializers.heNormal(), [0, 3])).toEqual([]);
});
