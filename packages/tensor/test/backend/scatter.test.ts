import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { afterAll, expect, test } from 'vitest';
import { disable, enable } from '../../src/index.ts';
import { expectAsOnCpu } from './against-cpu.ts';

afterAll(disable);

const rows = (...values: number[]): Tensor => tf.tensor2d(values, [values.length, 1], 'int32');
const updates = (): tf.Tensor2D => tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);

const operations: Readonly<Record<string, () => Tensor>> = {
  'scatterND, rows added up': () => tf.scatterND(rows(2, 0, 2), updates(), [4, 2]),
  'scatterND, elements': () => tf.scatterND(tf.tensor2d([0, 1, 3, 0], [2, 2], 'int32'), tf.tensor1d([5, 7]), [4, 2]),
  'scatterND of int32': () => tf.scatterND(rows(1, 1), tf.tensor1d([5, 7], 'int32'), [3]),
  tensorScatterUpdate: () => tf.tensorScatterUpdate(tf.ones([4, 2]), rows(2, 0, 2), updates()),
  'tensorScatterUpdate of rows of 40': () => tf.tensorScatterUpdate(tf.ones([5, 40]), rows(4, 0, 4), tf.reshape(tf.range(0, 120), [3, 40])),
  'tensorScatterUpdate of elements': () =>
    tf.tensorScatterUpdate(tf.ones([4, 2]), tf.tensor2d([0, 1, 3, 0], [2, 2], 'int32'), tf.tensor1d([5, 7])),
  'tensorScatterUpdate of bool': () =>
    tf.tensorScatterUpdate(tf.cast(tf.ones([4, 3]), 'bool'), rows(2, 1), tf.cast(tf.tensor2d([0, 1, 0, 1, 0, 0], [2, 3]), 'bool')),
  sparseToDense: () => tf.sparseToDense(tf.tensor2d([0, 1, 2, 2], [2, 2], 'int32'), tf.tensor1d([5, 7]), [3, 3], 9),
  'sparseToDense of one value': () => tf.sparseToDense(tf.tensor1d([3, 1], 'int32'), tf.scalar(4), [5], 0.5),
  unsortedSegmentSum: () => tf.unsortedSegmentSum(updates(), tf.tensor1d([1, 0, 1], 'int32'), 3),
  'unsortedSegmentSum of truths': () => tf.unsortedSegmentSum(tf.tensor1d([true, true, false], 'bool'), tf.tensor1d([0, 0, 1], 'int32'), 2),
  'unsortedSegmentSum, ids of no segment': () => tf.unsortedSegmentSum(updates(), tf.tensor1d([-1, 1, 7], 'int32'), 2),
};

test.for(Object.keys(operations))('%s: as on the cpu backend', (name) => expectAsOnCpu(operations[name] as () => Tensor));

test.for([-1, 4])('an index of %i among 4 is refused before anything is made', async (index) => {
  await enable();
  tf.tidy(() => {
    const before = tf.engine().backend.numDataIds();
    const [at, values] = [rows(0, index, 1), updates()];
    expect(() => tf.scatterND(at, values, [4, 2])).toThrow(/Invalid indices: -?\d does not index into 4,2/);
    expect(() => tf.tensorScatterUpdate(tf.ones([4, 2]), at, values)).toThrow(/Invalid indices/);
    expect(tf.engine().backend.numDataIds() - before).toBe(3);
  });
});
