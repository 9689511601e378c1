import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { dense, disable, disposeState, enable, random, sequential, sgd, trainable, trainStep } from '../../src/index.ts';

test("on backend 'x' a training step is made of our kernels, and takes few others", async () => {
  const runtime = await enable();
  const [first, second] = random.split(random.key(1), 2);
  const net = sequential([dense(20, 30, { key: first, activation: 'relu' }), dense(30, 10, { key: second })]);
  const batch = { x: random.normal(random.key(2), [8, 20]), y: tf.zeros([8], 'int32') };
  const optimizer = sgd();
  const state = optimizer.init(trainable(net));
  const { summary } = await runtime.profile(() => trainStep(net, batch, { optimizer, state }).dispose());
  const calls = Object.fromEntries(summary.map(({ name, calls }) => [name, calls]));
  expect(calls).toMatchObject({
    XLinear: 1,
    XActivatedLinear: 1,
    XSoftmaxCrossEntropy: 1,
    XSoftmaxCrossEntropyGrad: 1,
    XActivationGrad: 1,
    XSgdUpdate: 4,
    XLinearWeightGrad: 2,
    // Of the hidden values, none of the input.
    XLinearInputGrad: 1,
  });
  expect(summary.reduce((sum, { calls }) => sum + calls, 0)).toBeLessThan(40);
  disposeState(state);
  net.dispose();
  tf.dispose(batch);
  await disable();
});
