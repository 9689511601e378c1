import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, test } from 'vitest';
import {
  adam,
  dense,
  disable,
  disposeState,
  enable,
  fit,
  HeapExhaustedError,
  random,
  sequential,
  trainable,
  trainStep,
  type Layer,
} from '../../src/index.ts';
import type { XBackend } from '../../src/backend/backend.ts';

afterEach(disable);

const makeNet = (): Layer =>
  sequential([
    dense(64, 256, { activation: 'relu', key: random.key(1) }),
    dense(256, 256, { activation: 'relu', key: random.key(2) }),
    dense(256, 10, { key: random.key(3) }),
  ]);
const batch = (count: number): { x: tf.Tensor; y: tf.Tensor } => ({
  x: random.normal(random.key(count), [count, 64]),
  y: tf.zeros([count], 'int32'),
});

test('a step that exhausts the heap is an error by name; nothing is left behind, and smaller steps go on as if nothing had been', async () => {
  const runtime = await enable({ heap: 48 * 2 ** 20, threads: 2 });
  const optimizer = adam();
  /** Bytes in use but for the workspace of products, which grows with them and stays. */
  const used = (): number => {
    (tf.backend() as XBackend).kernels.dropWorkspace();
    return runtime.memory().used;
  };
  const losses = (interrupted: boolean): number[] => {
    const net = makeNet();
    const state = optimizer.init(trainable(net));
    const found: number[] = [];
    for (let step = 0; step < 6; step++) {
      if (interrupted && step % 2 === 1) {
        const large = batch(16_384);
        const before = { tensors: tf.memory().numTensors, used: used() };
        const variables = Object.values(net.variables).map((variable) => variable.dataSync().slice());
        expect(() => trainStep(net, large, { optimizer, state })).toThrow(HeapExhaustedError);
        expect(tf.memory().numTensors).toBe(before.tensors);
        expect(used()).toBe(before.used);
        expect(Object.values(net.variables).map((variable) => variable.dataSync().slice())).toEqual(variables);
        tf.dispose([large.x, large.y]);
      }
      const small = batch(32);
      const loss = trainStep(net, small, { optimizer, state });
      found.push(loss.dataSync()[0] as number);
      tf.dispose([loss, small.x, small.y]);
    }
    net.dispose();
    disposeState(state);
    return found;
  };
  const undisturbed = losses(false);
  expect(losses(true)).toEqual(undisturbed);
  expect(tf.memory().numTensors).toBe(0);
});

test('fit that exhausts the heap ends with that error and frees what it made', async () => {
  await enable({ heap: 48 * 2 ** 20, threads: 2 });
  const net = makeNet();
  const { x, y } = batch(20_000);
  const { numTensors } = tf.memory();
  const run = async (batchSize: number): Promise<void> => {
    for await (const event of fit(net, { x, y }, { batchSize })) void event;
  };
  await expect(run(20_000)).rejects.toThrow(HeapExhaustedError);
  expect(tf.memory().numTensors).toBe(numTensors);
  await run(500);
  expect(tf.memory().numTensors).toBe(numTensors);
  net.dispose();
  tf.dispose([x, y]);
});
