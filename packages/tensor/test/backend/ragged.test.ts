import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { afterAll, expect, test } from 'vitest';
import { disable, enable } from '../../src/index.ts';
import { expectAsOnCpu } from './against-cpu.ts';

afterAll(disable);

type Inputs = Readonly<Record<string, Tensor | readonly Tensor[]>>;
const run = (kernel: string, inputs: Inputs, attributes: object = {}): Tensor[] =>
  [tf.engine().runKernel(kernel, inputs as unknown as tf.NamedTensorMap, attributes as tf.NamedAttrMap) as Tensor | Tensor[]].flat();
const ints = (...values: number[]): Tensor => tf.tensor1d(values, 'int32');
const ramp = (...shape: number[]): Tensor => tf.reshape(tf.range(1, tf.util.sizeFromShape(shape) + 1), shape);

const gather = (splits: Tensor[], values: Tensor, indices: Tensor): Tensor[] =>
  run(
    'RaggedGather',
    { paramsNestedSplits: splits, paramsDenseValues: values, indices },
    { outputRaggedRank: splits.length + indices.rank - 1 },
  );
const toTensor = (types: string[], partitions: Tensor[], values: Tensor, shape: number[], rest: Tensor): Tensor[] =>
  run(
    'RaggedTensorToTensor',
    { shape: ints(...shape), values, defaultValue: rest, rowPartitionTensors: partitions },
    { rowPartitionTypes: types },
  );
const rowIds = ['FIRST_DIM_SIZE', 'VALUE_ROWIDS'];

const operations: Readonly<Record<string, () => Tensor[]>> = {
  range: () => run('RaggedRange', { starts: ints(0, 5, 8), limits: ints(8, 7, 1), deltas: ints(3, 1, -2) }),
  'range, broadcast': () => run('RaggedRange', { starts: tf.scalar(0), limits: tf.tensor1d([2.5, 0, -1]), deltas: tf.scalar(0.5) }),
  gather: () => gather([ints(0, 3, 3, 7, 9)], ramp(9), ints(2, 1, 0, 3)),
  'gather of rows of rows': () => gather([ints(0, 1, 3, 3, 5, 6), ints(0, 2, 3, 3, 4, 7, 8)], ramp(8, 2), ints(4, 0, 3)),
  'gather by a matrix': () => gather([ints(0, 3, 3, 7, 9)], ramp(9), tf.tensor2d([3, 0, 2, 2], [2, 2], 'int32')),
  'to a tensor': () => toTensor(rowIds, [tf.scalar(4, 'int32'), ints(0, 0, 0, 2, 2, 2, 2, 3, 3)], ramp(9), [4, 4], tf.scalar(-1.5)),
  'to a tensor, cut': () => toTensor(rowIds, [tf.scalar(4, 'int32'), ints(0, 0, 0, 2, 2, 2, 2, 3, 3)], ramp(9), [3, 2], tf.scalar(0)),
  'to a tensor, by splits, as long as the longest': () =>
    toTensor(['ROW_SPLITS'], [ints(0, 3, 3, 7, 9)], ramp(9, 2), [-1, -1, 2], tf.scalar(7)),
  'rows of rows to a tensor': () =>
    toTensor(['ROW_SPLITS', 'ROW_SPLITS'], [ints(0, 1, 3, 3), ints(0, 2, 3, 3)], ramp(3), [-1, -1, -1], tf.scalar(0)),
};

test.for(Object.keys(operations))('ragged, %s: as on the cpu backend', (name) => expectAsOnCpu(operations[name] as () => Tensor[]));

test('a default of more than one value fills each place, which tfjs leaves at 0', async () => {
  await enable();
  tf.tidy(() => {
    const [dense] = toTensor(['ROW_SPLITS'], [ints(0, 2, 3)], ramp(3, 2), [2, 2, 2], tf.tensor1d([8, 9])) as [Tensor];
    expect(dense).toBeAllclose([
      [
        [1, 2],
        [3, 4],
      ],
      [
        [5, 6],
        [8, 9],
      ],
    ]);
  });
});

test('splits, indices and shapes that cannot be are refused', async () => {
  await enable();
  tf.tidy(() => {
    expect(() => gather([ints(0, 3, 2)], ramp(3), ints(0))).toThrow(/ascending/);
    expect(() => gather([ints(0, 4)], ramp(3), ints(0))).toThrow(/past values/);
    expect(() => gather([ints(0, 3)], ramp(3), ints(1))).toThrow(/indices\[0\] = 1 is not in \[0, 1\)/);
    expect(() => run('RaggedRange', { starts: ints(0), limits: ints(1), deltas: ints(0) })).toThrow(/delta != 0/);
    expect(() => toTensor(rowIds, [tf.scalar(1, 'int32'), ints(0, 1)], ramp(2), [1, 2], tf.scalar(0))).toThrow(/Row 1 of partition 0/);
  });
});
