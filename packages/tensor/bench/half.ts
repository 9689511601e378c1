import * as tf from '@tensorflow/tfjs-core';
import { compare, type Candidate, type Comparison } from '@x-tooling/bench';
import { enable, linear } from '../src/index.ts';
import { halfLinear, toHalf, type HalfFormat, type HalfTensor } from '../src/half.ts';
import { use } from './backend.ts';

const SIZE = 1024;

/** A linear map of 1,024 to 1,024 by a weight stored in 32 and in 16 bits. */
export async function half(): Promise<Comparison[]> {
  await (await enable()).load('half');
  const comparisons: Comparison[] = [];
  for (const batch of [1, 128]) {
    comparisons.push(
      await compare({
        name: `linear ${SIZE} to ${SIZE}, batch ${batch}, weight stored in`,
        candidates: { float32: single(batch), float16: stored(batch, 'float16'), bfloat16: stored(batch, 'bfloat16') },
        flops: 2 * batch * SIZE * SIZE,
        seconds: 2,
      }),
    );
  }
  return comparisons;
}

function single(batch: number): Candidate {
  let x: tf.Tensor;
  let weight: tf.Tensor;
  return {
    setup: async () => {
      await tf.setBackend('x');
      [x, weight] = [tf.randomNormal([batch, SIZE]), tf.randomNormal([SIZE, SIZE])];
    },
    run: () => {
      use('x');
      linear(x, weight).dispose();
    },
    teardown: () => tf.dispose([x, weight]),
  };
}

function stored(batch: number, format: HalfFormat): Candidate {
  let x: tf.Tensor;
  let weight: HalfTensor;
  return {
    setup: async () => {
      await tf.setBackend('x');
      x = tf.randomNormal([batch, SIZE]);
      const values = tf.randomNormal([SIZE, SIZE]);
      weight = toHalf(values, { format });
      values.dispose();
    },
    run: () => {
      use('x');
      halfLinear(x, weight).dispose();
    },
    teardown: () => {
      weight.dispose();
      x.dispose();
    },
  };
}
