import * as tf from '@tensorflow/tfjs-core';
import { compare, type Comparison } from '@x-tooling/bench';
import { enable, scaledDotProductAttention } from '../src/index.ts';
import { product } from './product.ts';
import { startTorch } from './torch.ts';
import { use } from './backend.ts';

const [HEADS, LENGTH, DEPTH] = [8, 4096, 64];
/** Two products forward; three more backward, and the first again. */
const forward = 4 * HEADS * LENGTH * LENGTH * DEPTH;

/** Attention of 8 heads of 64 over 4,096 places, beside products of matrices of 1,024, in GFLOP/s; and the same in PyTorch, with all scores in memory. */
export async function attention(): Promise<Comparison[]> {
  const { threads } = await enable();
  const torch = await startTorch(threads);
  use('x');
  const [q, k, v, dy] = Array.from({ length: 4 }, () => tf.randomNormal([1, HEADS, LENGTH, DEPTH])) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ];
  const gradients = (causal: boolean) =>
    tf.grads((x: tf.Tensor, y: tf.Tensor, z: tf.Tensor) => scaledDotProductAttention(x, y, z, { causal }));
  const all = gradients(false);
  const results = [
    await compare({
      name: 'f32 matmul 1024³, for scale',
      candidates: { A·B: product(1024, 1024, 1024) },
      flops: 2 * 1024 ** 3,
      seconds: 1,
    }),
    await compare({
      name: `attention, ${HEADS} heads of ${DEPTH}, length ${LENGTH}, forward`,
      candidates: {
        x: () => {
          use('x');
          scaledDotProductAttention(q, k, v).dispose();
        },
      },
      flops: forward,
      seconds: 2,
    }),
    await compare({
      name: `attention, ${HEADS} heads of ${DEPTH}, length ${LENGTH}, forward and backward`,
      candidates: {
        x: () => {
          use('x');
          tf.dispose(all([q, k, v], dy));
        },
        ...(torch ? { [`PyTorch, ${threads} threads`]: () => torch.attention(HEADS, LENGTH, DEPTH) } : {}),
      },
      // Without what is computed again.
      flops: 3 * forward,
      seconds: 2,
    }),
  ];
  tf.dispose([q, k, v, dy]);
  torch?.stop();
  return results;
}
