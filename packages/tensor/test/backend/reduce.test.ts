import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { afterAll, expect, test } from 'vitest';
import { disable, enable } from '../../src/index.ts';
import { expectAsOnCpu } from './against-cpu.ts';

afterAll(disable);

const x = (): Tensor => tf.tensor3d([1, -2, 3.5, 4, 5, 6, -7, 8, 0, 10, 11, 12], [2, 2, 3]);
const i = (): Tensor => tf.cast(x(), 'int32');
const truth = (): Tensor => tf.tensor2d([true, false, true, true], [2, 2], 'bool');

const operations: Readonly<Record<string, () => Tensor>> = {
  sum: () => tf.sum(x()),
  'sum over an axis': () => tf.sum(x(), 1),
  'sum, keeping axes': () => tf.sum(x(), [0, -1], true),
  'sum of int32': () => tf.sum(i(), 0),
  'sum of bool': () => tf.sum(truth(), 0),
  'sum over no axis': () => tf.sum(x(), []),
  'sum of a scalar': () => tf.sum(tf.scalar(3)),
  'sum of nothing': () => tf.sum(tf.tensor2d([], [0, 3]), 0),
  mean: () => tf.mean(x(), [0, 2]),
  'mean of int32': () => tf.mean(i(), 1, true),
  'mean of bool': () => tf.mean(truth()),
  max: () => tf.max(x(), 0),
  'max of int32': () => tf.max(i(), [1, 2], true),
  'max with NaN': () => tf.max(tf.tensor1d([1, NaN, 3])),
  min: () => tf.min(x(), 2),
  prod: () => tf.prod(x(), 1),
  'prod of int32': () => tf.prod(i(), 2),
  all: () => tf.all(truth(), 0),
  any: () => tf.any(truth(), 1),
  argMax: () => tf.argMax(x(), 1),
  'argMax over the last axis': () => tf.argMax(x(), -1),
  'argMax of int32': () => tf.argMax(i(), 0),
  'argMax with NaN': () => tf.argMax(tf.tensor2d([NaN, 1, 2, 1, NaN, 2, 1, 2, NaN], [3, 3]), 1),
  argMin: () => tf.argMin(x(), 0),
  logSumExp: () => tf.logSumExp(x(), 1),
};

test.for(Object.keys(operations))('%s: as on the cpu backend', (name) => expectAsOnCpu(operations[name] as () => Tensor));

test('all of nothing is true and any of nothing is false', async () => {
  await enable();
  tf.tidy(() => {
    const nothing = tf.zeros([2, 0, 3], 'bool');
    expect(tf.all(nothing, 1).arraySync()).toEqual([
      [1, 1, 1],
      [1, 1, 1],
    ]);
    expect(tf.any(nothing, 1, true).arraySync()).toEqual([[[0, 0, 0]], [[0, 0, 0]]]);
    expect(tf.all(nothing).dataSync()[0]).toBe(1);
    expect(tf.all(nothing, 0).shape).toEqual([0, 3]);
  });
});
