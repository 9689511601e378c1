import * as tf from '@tensorflow/tfjs-core';
import { any, uniform } from '../row.ts';
import type { Row } from '../row.ts';

const int = (values: number[], shape: number[]): tf.Tensor => tf.tensor(values, shape, 'int32');

export const gatherRows: Row[] = [
  {
    kernel: tf.GatherV2,
    name: 'rows, some twice, some never',
    inputs: [any([4, 3])],
    op: (x) => tf.gather(x, int([1, 3, 1], [3])),
  },
  ...[0, 1, 2, -1].map((axis): Row => ({
    kernel: tf.GatherV2,
    name: `matrix of indices, axis ${axis}`,
    inputs: [any([3, 3, 3])],
    op: (x) => tf.gather(x, int([0, 2, 2, 1], [2, 2]), axis),
  })),
  { kernel: tf.GatherV2, name: 'a scalar index', inputs: [any([3, 2])], op: (x) => tf.gather(x, tf.scalar(2, 'int32')) },
  {
    kernel: tf.GatherV2,
    name: 'one batch axis',
    inputs: [any([2, 3, 2])],
    op: (x) => tf.gather(x, int([0, 0, 2, 1, 1, 0], [2, 3]), 1, 1),
  },
  {
    kernel: tf.GatherV2,
    name: 'one batch axis, a later axis',
    inputs: [any([2, 2, 3])],
    op: (x) => tf.gather(x, int([0, 2, 1, 1], [2, 2]), 2, 1),
  },
  {
    kernel: tf.GatherV2,
    name: 'two batch axes',
    inputs: [any([2, 2, 3, 2])],
    op: (x) => tf.gather(x, int([0, 2, 1, 1, 0, 1, 2, 2], [2, 2, 2]), 2, 2),
  },
  {
    kernel: tf.GatherV2,
    name: 'indices from a cast',
    inputs: [any([4, 2]), uniform([3], 1.2, 1.8)],
    op: (x, i) => tf.gather(x, tf.cast(i, 'int32')),
    surrogate: (x) => tf.gather(x, int([1, 1, 1], [3])),
  },
  {
    kernel: tf.UnsortedSegmentSum,
    name: 'ids in any order, one segment empty',
    inputs: [any([4, 2])],
    op: (x) => tf.unsortedSegmentSum(x, tf.tensor1d([2, 0, 2, 3], 'int32'), 5),
  },
  {
    kernel: tf.UnsortedSegmentSum,
    name: 'negative and too large ids are dropped',
    inputs: [any([4, 2])],
    op: (x) => tf.unsortedSegmentSum(x, tf.tensor1d([2, -1, 0, 7], 'int32'), 3),
  },
  {
    kernel: tf.UnsortedSegmentSum,
    name: 'vector',
    inputs: [any([4])],
    op: (x) => tf.unsortedSegmentSum(x, tf.tensor1d([1, 0, 1, 1], 'int32'), 2),
  },
];
