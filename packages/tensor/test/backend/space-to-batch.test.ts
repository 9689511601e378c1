import * as tf from '@tensorflow/tfjs-core';
import { afterAll, expect, test } from 'vitest';
import { disable } from '../../src/index.ts';
import { expectAsOnCpu, onBoth } from './against-cpu.ts';

afterAll(disable);

const image = (shape: [number, number, number, number]): tf.Tensor4D =>
  tf.reshape(tf.range(0, shape[0] * shape[1] * shape[2] * shape[3]), shape) as tf.Tensor4D;

test.each(['float32', 'int32', 'bool'] as const)('depthToSpace, spaceToBatchND and back, of %s: as on the cpu backend', async (dtype) => {
  await expectAsOnCpu(() => {
    const x = tf.cast(image([2, 4, 6, 12]), dtype);
    const blocks = tf.spaceToBatchND(
      x,
      [2, 3],
      [
        [1, 1],
        [0, 3],
      ],
    );
    const back = tf.batchToSpaceND(
      blocks,
      [2, 3],
      [
        [1, 1],
        [0, 3],
      ],
    );
    return [tf.depthToSpace(image([2, 4, 6, 12]), 2), blocks, back];
  });
});

test('depthToSpace with channels first is that with channels last', async () => {
  const { ours } = await onBoth(() => {
    const x = image([2, 3, 5, 8]);
    const first = tf.getBackend() === 'x' ? tf.depthToSpace(tf.transpose(x, [0, 3, 1, 2]), 2, 'NCHW') : tf.zeros([2, 2, 6, 10]);
    return [tf.transpose(first, [0, 2, 3, 1]), tf.depthToSpace(x, 2)];
  });
  expect(ours[0]).toEqual(ours[1]);
});
