import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { disable, enable } from '../../src/index.ts';

beforeAll(async () => void (await enable({ threads: 1 })));
afterAll(disable);

test.each(['float32', 'int32', 'bool'] as const)('OneHot gives %s; indices out of range give a row of the other value', (dtype) => {
  const indices = tf.tensor2d(
    [
      [0, 2],
      [3, -1],
    ],
    [2, 2],
    'int32',
  );
  const { dtype: given, shape } = tf.oneHot(indices, 3, 1, 0, dtype);
  expect([given, shape]).toEqual([dtype, [2, 2, 3]]);
  expect([...tf.oneHot(indices, 3, 1, 0, dtype).dataSync()]).toEqual([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
});

test('OneHot with values of its own', () => {
  expect([...tf.oneHot(tf.tensor1d([1], 'int32'), 3, 0.5, -2, 'float32').dataSync()]).toEqual([-2, 0.5, -2]);
});
