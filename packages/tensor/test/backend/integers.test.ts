import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { disable } from '../../src/index.ts';
import { useBackend } from '../backends.ts';

const LEAST = -(2 ** 31);
const MOST = 2 ** 31 - 1;

beforeAll(() => useBackend('x wide'));
afterAll(disable);

const i = (...values: number[]): Tensor => tf.tensor1d(values, 'int32');

// Beyond 24 bits, which is all that a float32 holds, and where tfjs's wasm backend goes wrong. Expected: whole numbers modulo 2^32.
test.each<[string, () => Tensor, number[]]>([
  ['neg', () => tf.neg(i(MOST, LEAST, 16_777_217, -33_554_433, 0)), [-MOST, LEAST, -16_777_217, 33_554_433, 0]],
  [
    'floorDiv',
    () => tf.floorDiv(i(MOST, MOST, LEAST, -7, 7, 16_777_217), i(1, 7, 65_536, 2, -2, -1)),
    [MOST, 306_783_378, -32_768, -4, -4, -16_777_217],
  ],
  ['floorDiv by 0', () => tf.floorDiv(i(5, -5, 0), i(0, 0, 0)), [0, 0, 0]],
  ['div', () => tf.div(tf.reshape(i(MOST, LEAST), [2, 1]), i(1, -3)), [MOST, -715_827_883, LEAST, 715_827_882]],
  [
    'pow',
    () => tf.pow(i(3, 3, -2, 7, 1, -1, 5, 0, 46_341), i(16, 20, 31, 11, -4, -3, -1, 0, 2)),
    [43_046_721, -808_182_895, LEAST, 1_977_326_743, 1, -1, 0, 1, -2_147_479_015],
  ],
  ['reciprocal', () => tf.reciprocal(i(1, -1, 2, -7, MOST)), [1, -1, 0, 0, 0]],
  ['isNaN', () => tf.isNaN(i(-1, MOST, 2_143_289_344, 0)), [0, 0, 0, 0]],
  ['isInf', () => tf.isInf(i(2_139_095_040, 0)), [0, 0]],
  ['isFinite', () => tf.isFinite(i(-1, MOST, 2_139_095_040)), [1, 1, 1]],
])('%s of integers is exact', (_, run, expected) => {
  const result = tf.tidy(() => [...run().dataSync()]);
  expect(result).toEqual(expected);
});

test('floats and truth values are asked too', () => {
  tf.tidy(() => {
    expect([...tf.isNaN(tf.tensor1d([NaN, 1, Infinity])).dataSync()]).toEqual([1, 0, 0]);
    expect([...tf.isFinite(tf.tensor1d([true, false], 'bool')).dataSync()]).toEqual([1, 1]);
    expect(tf.reciprocal(tf.scalar(4)).dataSync()[0]).toBe(0.25);
  });
});
