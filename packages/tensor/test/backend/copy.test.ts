import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { disable, enable } from '../../src/index.ts';
import { expectAsOnCpu } from './against-cpu.ts';

beforeEach(async () => {
  await enable();
});
afterAll(disable);

const range = (shape: number[], dtype: tf.NumericDataType = 'float32'): Tensor =>
  tf.cast(
    tf.reshape(
      tf.range(
        0,
        shape.reduce((a, b) => a * b, 1),
      ),
      shape,
    ),
    dtype,
  );
const truth = (shape: number[]): Tensor => tf.greater(tf.mod(range(shape), 3), 0);

const operations: Readonly<Record<string, () => Tensor | Tensor[]>> = {
  transpose: () => tf.transpose(range([3, 5])),
  'transpose of four axes': () => tf.transpose(range([2, 3, 4, 5]), [0, 3, 1, 2]),
  'transpose of int32': () => tf.transpose(range([3, 5, 2], 'int32'), [1, 0, 2]),
  'transpose of bool': () => tf.transpose(truth([3, 5])),
  'transpose of axes of length 1': () => tf.transpose(range([3, 1, 5]), [1, 0, 2]),
  'transpose of nothing': () => tf.transpose(tf.zeros([0, 3])),
  concat: () => tf.concat([range([2, 3]), range([4, 3])], 0),
  'concat of columns': () => tf.concat([range([2, 3]), range([2, 1]), range([2, 2])], -1),
  'concat with nothing': () => tf.concat([range([2, 3]), tf.zeros([0, 3])], 0),
  'zeros in large': () => tf.zerosLike(range([30, 1001])),
  'zeros of bool in large': () => tf.zerosLike(truth([30, 1001])),
  'concat of rows of 3': () => tf.concat([range([700, 3]), range([700, 3])], -1),
  'concat of long rows': () => tf.concat([range([3, 5000]), range([3, 17])], -1),
  'concat of much': () => tf.concat([range([30_000]), range([20_001])], 0),
  'concat of bool rows': () => tf.concat([truth([50, 5]), truth([50, 9]), truth([50, 2])], -1),
  'concat of bool': () => tf.concat([truth([2, 3]), truth([2, 5])], 1),
  stack: () => tf.stack([range([2, 3]), tf.neg(range([2, 3]))], 1),
  'stack at the end': () => tf.stack([range([2, 3]), tf.neg(range([2, 3]))], -1),
  'stack of scalars': () => tf.stack([tf.scalar(1), tf.scalar(2)]),
  unstack: () => tf.unstack(range([2, 3, 4]), 1),
  'split of rows': () => tf.split(range([6, 2, 3]), 3),
  'split of columns into unlike parts': () => tf.split(range([3, 2, 9]), [4, 0, 5], -1),
  'split, the rest in the last part': () => tf.split(range([2, 7]), [3, -1], 1),
  'split of bool': () => tf.split(truth([3, 4]), 2, 1),
  'split of nothing': () => tf.split(tf.zeros([0, 4]), 2, 1),
  'unstack of int32': () => tf.unstack(range([3, 2], 'int32'), -1),
  split: () => tf.split(range([4, 6]), 3, 1),
  slice: () => tf.slice(range([4, 5, 6]), [1, 0, 2], [2, 5, 3]),
  'slice of rows': () => tf.slice(range([4, 5]), [1], [2]),
  'slice to the end': () => tf.slice(range([7], 'int32'), [3], [-1]),
  'slice of bool': () => tf.slice(truth([3, 7]), [1, 2], [2, 3]),
  'slice of nothing': () => tf.slice(range([4]), [2], [0]),
  // So large that only what is around the copy is filled.
  ...Object.fromEntries(
    (
      [
        [
          [200, 120],
          [
            [1, 2],
            [3, 1],
          ],
        ],
        [
          [200, 120],
          [
            [0, 0],
            [0, 1],
          ],
        ],
        [
          [20_000, 1],
          [
            [0, 1],
            [2, 0],
          ],
        ],
        [
          [3, 70, 90],
          [
            [0, 2],
            [0, 0],
            [1, 0],
          ],
        ],
        [
          [3, 4, 50, 40],
          [
            [1, 0],
            [0, 2],
            [3, 0],
            [0, 0],
          ],
        ],
        [
          [2, 3, 50, 3, 30],
          [
            [0, 1],
            [1, 0],
            [0, 1],
            [1, 1],
            [2, 3],
          ],
        ],
        [
          [1, 1],
          [
            [100, 100],
            [100, 0],
          ],
        ],
        [
          [2, 20_000],
          [
            [0, 1],
            [5, 3],
          ],
        ],
      ] as [number[], [number, number][]][]
    ).flatMap(([shape, paddings]) =>
      (['float32', 'bool'] as const).map((dtype) => [
        `pad of ${dtype} ${shape.join('x')} by ${paddings.join('; ')}`,
        () => tf.pad(dtype === 'bool' ? truth(shape) : range(shape), paddings, dtype === 'bool' ? 1 : 7),
      ]),
    ),
  ),
  'pad of nothing': () =>
    tf.pad(
      tf.zeros([0, 300]),
      [
        [60, 0],
        [0, 1],
      ],
      3,
    ),
  pad: () =>
    tf.pad(
      range([2, 3]),
      [
        [1, 2],
        [0, 3],
      ],
      7,
    ),
  'pad of int32': () => tf.pad(range([3], 'int32'), [[2, 0]], -1),
  'pad of bool': () => tf.pad(truth([5]), [[1, 1]]),
  tile: () => tf.tile(range([2, 3]), [2, 3]),
  'tile of bool': () => tf.tile(truth([2, 3]), [1, 2]),
  'tile zero times': () => tf.tile(range([2, 3]), [0, 1]),
  broadcastTo: () => tf.broadcastTo(range([2, 1, 3]), [4, 2, 5, 3]),
  reverse: () => tf.reverse(range([3, 4, 2]), [0, 2]),
  'reverse of all': () => tf.reverse(range([3, 4])),
  gather: () => tf.gather(range([5, 3]), tf.tensor2d([4, 0, 0, 2], [2, 2], 'int32')),
  'gather along an inner axis': () => tf.gather(range([2, 5, 3]), tf.tensor1d([4, 0], 'int32'), 1),
  'gather by batches': () => tf.gather(range([2, 3, 4]), tf.tensor2d([2, 0, 1, 1], [2, 2], 'int32'), 1, 1),
  'gather of bool': () => tf.gather(truth([7]), tf.tensor1d([6, 0], 'int32')),
};

test.for(Object.keys(operations))('%s: as on the cpu backend', (name) => expectAsOnCpu(operations[name] as () => Tensor));

test('an index out of range is refused by name', () => {
  expect(() => tf.gather(range([5, 3]), tf.tensor1d([1, 5], 'int32'))).toThrow(/5 is not in \[0, 4\]/);
  expect(() => tf.gather(range([5, 3]), tf.tensor1d([-1], 'int32'))).toThrow(/-1/);
});

test('copies of strings are left to tfjs', () => {
  const words = tf.tensor1d(['a', 'b', 'c']);
  expect(tf.slice(words, [1], [2]).dataSync()).toEqual(['b', 'c']);
  expect(tf.concat([words, words]).dataSync()).toHaveLength(6);
});
