import * as tf from '@tensorflow/tfjs-core';
import { any } from '../row.ts';
import type { Row } from '../row.ts';

const batches: [string, number[], number[]][] = [
  ['matrices', [], []],
  ['equal stacks', [2], [2]],
  ['stack times one matrix', [3], [1]],
  ['one matrix times stack', [1], [3]],
  ['two batch axes, both repeated', [2, 1], [1, 3]],
  ['stack of stacks times one matrix', [2, 2], [1, 1]],
  ['stack times a shorter one', [2, 3], [2, 1]],
  ['shorter stack times a stack', [2, 1], [2, 3]],
  ['different ranks', [2, 2], [2]],
];

const [M, K, N] = [2, 3, 4];

export const matmulRows: Row[] = [
  ...batches.flatMap(([name, batchA, batchB]) =>
    [false, true].flatMap((transposeA) =>
      [false, true].map((transposeB): Row => {
        const a = [...batchA, ...(transposeA ? [K, M] : [M, K])];
        const b = [...batchB, ...(transposeB ? [N, K] : [K, N])];
        return {
          kernel: tf.BatchMatMul,
          name: `${name}${transposeA ? ', A^T' : ''}${transposeB ? ', B^T' : ''}`,
          inputs: [any(a, 1), any(b, 2)],
          op: (x, y) => tf.matMul(x, y, transposeA, transposeB),
          // tfjs's cpu kernel is wrong where both stacks are repeated, so differences are taken of a spelt-out product.
          surrogate: (x, y) => {
            const batch = tf.broadcast_util.assertAndGetBroadcastShape(batchA, batchB);
            const whole = (t: tf.Tensor): tf.Tensor => tf.broadcastTo(t, [...batch, ...t.shape.slice(-2)]);
            return tf.matMul(whole(x), whole(y), transposeA, transposeB);
          },
        };
      }),
    ),
  ),
  {
    kernel: tf.BatchMatMul,
    name: 'stack times a plain matrix',
    inputs: [any([3, M, K], 1), any([K, N], 2)],
    op: (x, y) => tf.matMul(x, y),
  },
  {
    kernel: tf.BatchMatMul,
    name: 'an int32 operand',
    inputs: [any([2, 2])],
    op: (x) => tf.matMul(x, tf.tensor2d([1, 2, 3, 4], [2, 2], 'int32')),
  },
];
