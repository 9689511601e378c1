import * as tf from '@tensorflow/tfjs-core';
import { expectNoLeak } from '@x-tooling/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { embedding, random } from '../../src/index.ts';
import { backends, useBackend } from '../backends.ts';

const shapes: [rows: number, width: number, ids: number[]][] = [
  [1, 1, [1]],
  [3, 5, [0]],
  [7, 3, []],
  [10, 16, [4, 5]],
  [100, 33, [3, 7, 2]],
  [3000, 64, [1000]],
  [5, 8, [2000]],
];

describe.each(backends)('%s', (backend) => {
  beforeAll(() => useBackend(backend));

  test.each(shapes)(
    '%i rows of %i, ids %o: its rows, and the sums of dy by row, in the order of the ids and bit for bit',
    (rows, width, shape) => {
      expectNoLeak(() =>
        tf.tidy(() => {
          const [forTable, forIds, forDy] = random.split(random.key(3), 3);
          const table = random.normal(forTable, [rows, width]);
          const ids = tf.cast(tf.floor(random.uniform(forIds, shape, { max: rows })), 'int32');
          const dy = random.normal(forDy, [...shape, width]);
          const [t, i, d] = [table.dataSync(), ids.dataSync(), dy.dataSync()];
          const y = embedding(table, ids);
          expect(y.shape).toEqual([...shape, width]);
          expect([...y.dataSync()]).toEqual(Array.from(d, (_, at) => t[i[Math.floor(at / width)]! * width + (at % width)]));
          const expected = new Float32Array(rows * width);
          d.forEach((value, at) => (expected[i[Math.floor(at / width)]! * width + (at % width)]! += value));
          const gradient = tf.grad((x: tf.Tensor) => embedding(x, ids))(table, dy);
          expect([...gradient.dataSync()]).toEqual([...expected]);
        }),
      );
    },
  );

  test('an id out of range is refused', () => {
    const table = tf.zeros([3, 2]);
    for (const id of [3, -1]) {
      const ids = tf.tensor1d([0, id], 'int32');
      const before = tf.memory().numTensors;
      expect(() => embedding(table, ids)).toThrow(new RegExp(`${id}.*\\[0, 2\\]`));
      expect(tf.memory().numTensors).toBe(before);
      ids.dispose();
    }
    table.dispose();
  });
});
