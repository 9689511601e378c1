/** What is measured in a browser and in Node alike; it imports nothing of Node, and has the programs of `product.ts` and `step.ts` to itself. */
import * as tf from '@tensorflow/tfjs-core';
import { dense, enable, random, sequential, sgd, trainable, trainStep, type Runtime } from '../../src/index.ts';

export const PRODUCTS = 20;
export const STEPS = 4;
export const SIZE = 512;
export const BATCH = 128;
export const SIZES = [784, 1024, 1024, 10] as const;

export interface Candidates {
  readonly runtime: Runtime;
  /** Some products of 512³. */
  products(): void;
  /** Some training steps of an MLP 784-1024-1024-10, batch 128, SGD. */
  steps(): void;
}

/** Enables the `relaxed` tier and prepares both programs. */
export async function candidates(): Promise<Candidates> {
  const runtime = await enable({ tier: 'relaxed' });
  const a = random.uniform(random.key(1), [SIZE, SIZE]);
  const b = random.uniform(random.key(2), [SIZE, SIZE]);
  const net = sequential(
    SIZES.slice(1).map((units, layer) =>
      dense(SIZES[layer]!, units, { key: random.key(layer), ...(layer < 2 && { activation: 'relu' as const }) }),
    ),
  );
  const optimizer = sgd({ learningRate: 0.01 });
  const state = optimizer.init(trainable(net));
  const x = random.normal(random.key(3), [BATCH, SIZES[0]]);
  const y = tf.tensor1d(
    Int32Array.from({ length: BATCH }, (_, index) => index % SIZES[3]),
    'int32',
  );
  return {
    runtime,
    products() {
      for (let i = 0; i < PRODUCTS; i++) tf.matMul(a, b).dispose();
    },
    steps() {
      for (let i = 0; i < STEPS; i++) trainStep(net, { x, y }, { optimizer, state }).dispose();
    },
  };
}
