import * as tf from '@tensorflow/tfjs-core';
import { afterAll, expect, test } from 'vitest';
import { disable, enable } from '../../src/index.ts';

afterAll(disable);

/** What is used of the backend: tensors whose pages are never touched, and so cost nothing. */
interface Blocks {
  makeOutput(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  address(tensor: tf.TensorInfo): number;
  heap: { readonly floats: Float32Array };
}

test('a row times a matrix of so many rows that they times the parts exceed 32 bits', async () => {
  const { threads } = await enable({ threads: 2 });
  expect(threads).toBe(2);
  const backend = tf.backend() as unknown as Blocks;
  const rows = 2 ** 27 + 1024;
  const held = (
    [
      [1, rows],
      [rows, 2],
    ] as const
  ).map((shape) => tf.engine().makeTensorFromTensorInfo(backend.makeOutput([...shape], 'float32')));
  const [x, w] = held as [tf.Tensor2D, tf.Tensor2D];
  // All else is 0, as memory is that was never used.
  backend.heap.floats.set([2], backend.address(x) / 4 + rows - 1);
  backend.heap.floats.set([3, 4], backend.address(w) / 4 + 2 * (rows - 1));
  const y = tf.matMul(x, w);
  expect([...y.dataSync()]).toEqual([6, 8]);
  tf.dispose([...held, y]);
});
