import * as tf from '@tensorflow/tfjs-core';
import { expectNoLeak } from '@x-tooling/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { disable } from '../../src/index.ts';
import { useBackend } from '../backends.ts';

beforeAll(() => useBackend('x wide'));
afterAll(disable);

const x = (dtype: 'float32' | 'int32'): tf.Tensor => tf.reshape(tf.range(0, 24, 1, dtype), [2, 3, 4]);

// What NumPy gives; tfjs's own kernels mistake the axes after one that is dropped, refuse an interval that runs backwards, and
// give floats where nothing is left.
test.each<[string, (a: tf.Tensor) => tf.Tensor, number[], number[]]>([
  ['x[1, ::2, 3:0:-2]', (a) => tf.stridedSlice(a, [1, 0, 3], [2, 3, 0], [1, 2, -2], 0, 0, 0, 0, 1), [2, 2], [15, 13, 23, 21]],
  ['x[:, -1, ::-1]', (a) => tf.stridedSlice(a, [0, -1, 0], [2, 0, 0], [1, 1, -1], 5, 5, 0, 0, 2), [2, 4], [11, 10, 9, 8, 23, 22, 21, 20]],
  ['x[..., -2]', (a) => tf.stridedSlice(a, [0, -2], [0, 0], [1, 1], 0, 0, 1, 0, 2), [2, 3], [2, 6, 10, 14, 18, 22]],
  [
    'x[None, 1:, ::2]',
    (a) => tf.stridedSlice(a, [0, 1, 0], [0, 2, 3], [1, 1, 2], 0, 0, 0, 1, 0),
    [1, 1, 2, 4],
    [12, 13, 14, 15, 20, 21, 22, 23],
  ],
  ['x[1:0]', (a) => tf.stridedSlice(a, [1], [0], [1]), [0, 3, 4], []],
  ['x[:, 2:-3]', (a) => tf.stridedSlice(a, [0, 2], [2, -3], [1, 1]), [2, 0, 4], []],
  ['x[0:1:-1]', (a) => tf.stridedSlice(a, [0], [1], [-1]), [0, 3, 4], []],
])('%s', (_, run, shape, values) => {
  for (const dtype of ['float32', 'int32'] as const)
    expectNoLeak(() =>
      tf.tidy(() => {
        const result = run(x(dtype));
        expect([result.dtype, result.shape, [...result.dataSync()]]).toEqual([dtype, shape, values]);
      }),
    );
});

test('the gradient goes back to where values came from, past an axis that was dropped', () => {
  tf.tidy(() => {
    const dx = tf.grad((a: tf.Tensor) => tf.sum(tf.stridedSlice(a, [1, 0, 3], [2, 3, 0], [1, 2, -2], 0, 0, 0, 0, 1)))(x('float32'));
    expect([...dx.dataSync()].flatMap((value, at) => (value === 1 ? [at] : []))).toEqual([13, 15, 21, 23]);
  });
});
