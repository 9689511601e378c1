import * as tf from '@tensorflow/tfjs-core';
import { compare, type Candidate, type Comparison } from '@x-tooling/bench';
import { enable, linear } from '../src/index.ts';
import { halfLinear, toHalf, type HalfFormat, type HalfTensor } from '../src/half.ts';
import { use } from './backend.ts';

/** Of the weights: some 2 in 1,000 are subnormal numbers of float16, as in trained networks. */
const DEVIATION = 0.02;

/** A linear map by a weight stored in 32 and in 16 bits, which the caches hold and don't. */
export async function half(): Promise<Comparison[]> {
  await (await enable()).load('half');
  const comparisons: Comparison[] = [];
  for (const [batch, size] of [
    [1, 1024],
    [128, 1024],
    [1, 4096],
  ] as const) {
    const [float16, bfloat16] = [stored(batch, size, 'float16'), stored(batch, size, 'bfloat16')];
    comparisons.push(
      await compare({
        name: `linear ${size} to ${size}, batch ${batch}, weight stored in`,
        candidates: { float32: single(batch, size), float16, bfloat16 },
        flops: 2 * batch * size * size,
        seconds: 2,
      }),
    );
  }
  return comparisons;
}

function single(batch: number, size: number): Candidate {
  let x: tf.Tensor;
  let weight: tf.Tensor;
  return {
    setup: async () => {
      await tf.setBackend('x');
      [x, weight] = [tf.randomNormal([batch, size]), tf.randomNormal([size, size], 0, DEVIATION)];
    },
    run: () => {
      use('x');
      linear(x, weight).dispose();
    },
    teardown: () => tf.dispose([x, weight]),
  };
}

function stored(batch: number, size: number, format: HalfFormat): Candidate {
  let x: tf.Tensor;
  let weight: HalfTensor;
  return {
    setup: async () => {
      await tf.setBackend('x');
      x = tf.randomNormal([batch, size]);
      const values = tf.randomNormal([size, size], 0, DEVIATION);
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
