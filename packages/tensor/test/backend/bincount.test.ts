import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { afterAll, expect, test } from 'vitest';
import { disable, enable } from '../../src/index.ts';
import { expectAsOnCpu } from './against-cpu.ts';

afterAll(disable);

const line = (): Tensor1D => tf.tensor1d([1, 0, 3, 1, 9], 'int32');
const rows = (): Tensor2D => tf.tensor2d([1, 0, 3, 1, 1, 9], [2, 3], 'int32');

const operations: Readonly<Record<string, () => Tensor>> = {
  counts: () => tf.bincount(line(), tf.tensor1d([]), 4),
  'sums of weights': () => tf.bincount(line(), tf.tensor1d([1, 2, 4, 8, 16]), 10),
  'of rows': () => tf.denseBincount(rows(), tf.tensor2d([], [0, 0]), 4),
  'of rows, weighted': () => tf.denseBincount(rows(), tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]), 4),
  'of rows, binary': () => tf.denseBincount(rows(), tf.tensor2d([], [0, 0]), 4, true),
};

test.for(Object.keys(operations))('bincount, %s: as on the cpu backend', (name) => expectAsOnCpu(operations[name] as () => Tensor));

test('a negative number is refused', async () => {
  await enable();
  expect(() => tf.bincount(tf.tensor1d([1, -1], 'int32'), tf.tensor1d([]), 3)).toThrow(/non-negative/);
});
