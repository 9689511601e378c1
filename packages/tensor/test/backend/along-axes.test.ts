import * as tf from '@tensorflow/tfjs-core';
import { afterAll, test } from 'vitest';
import { disable } from '../../src/index.ts';
import { expectAsOnCpu } from './against-cpu.ts';

afterAll(disable);

test('sums and means over axes of one value, and isNaN: as on the cpu backend', async () => {
  await expectAsOnCpu(() => {
    const x = tf.reshape(tf.range(0, 24), [4, 1, 6]);
    return [tf.sum(x, 1), tf.mean(x, 1), tf.max(x, 1, true), tf.sum(tf.scalar(3)), tf.isNaN(tf.tensor1d([1, NaN, Infinity, -NaN]))];
  });
});

test('top-k and cumulative sums along each axis: as on the cpu backend', async () => {
  await expectAsOnCpu(() => {
    const x = tf.sin(tf.reshape(tf.range(0, 120), [4, 5, 6]));
    const { values, indices } = tf.topk(x, 4);
    const along = [0, 1, 2].flatMap((axis) => [tf.cumsum(x, axis), tf.cumprod(x, axis, true, true), tf.cumsum(tf.cast(x, 'int32'), axis)]);
    return [values, indices, ...along];
  });
});
