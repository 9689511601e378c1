import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { disable, enable } from '../../src/index.ts';
import { expectAsOnCpu } from './against-cpu.ts';

beforeEach(async () => {
  await enable();
});
afterAll(disable);

const x = (): Tensor => tf.tensor3d([1, -2, 3.5, 4, 5, 6, -7, 8, 0, 1000, -1000, 12], [2, 2, 3]);

test.for([
  ['softmax', () => tf.softmax(x())],
  ['softmax of a vector', () => tf.softmax(tf.tensor1d([1, 2, 3]))],
  ['softmax of nothing', () => tf.softmax(tf.tensor2d([], [0, 3]))],
  ['logSoftmax', () => tf.logSoftmax(x())],
] as const)('%s: as on the cpu backend', ([, run]) => expectAsOnCpu(run));

test('cross-entropy of classes equals that of the same classes as probabilities, and both the composed one', () => {
  const logits = tf.tensor2d([1, 2, 3, -1, 0, 5], [2, 3]);
  const classes = tf.tensor1d([2, 0], 'int32');
  const q = tf.oneHot(classes, 3);
  const probabilities = tf.cast(q, 'float32');
  const composed = tf.neg(tf.sum(tf.mul(probabilities, tf.logSoftmax(logits)), 1));
  for (const labels of [classes, probabilities]) {
    const [loss, softmax] = tf.engine().runKernel('XSoftmaxCrossEntropy', { logits, labels }) as unknown as [Tensor, Tensor];
    expect(loss).toBeAllclose(composed, { rtol: 1e-5 });
    expect(softmax).toBeAllclose(tf.softmax(logits), { rtol: 1e-6 });
    const dy = tf.tensor1d([1, 2]);
    const gradient = tf.engine().runKernel('XSoftmaxCrossEntropyGrad', { dy, probabilities: softmax, labels }) as Tensor;
    expect(gradient).toBeAllclose(tf.mul(tf.sub(softmax, probabilities), tf.reshape(dy, [2, 1])), { rtol: 1e-6 });
  }
});

test('labels of the wrong type or size are refused by name', () => {
  const logits = tf.zeros([2, 3]);
  for (const labels of [tf.zeros([2]), tf.zeros([3], 'int32'), tf.zeros([2, 4])]) {
    expect(() => tf.engine().runKernel('XSoftmaxCrossEntropy', { logits, labels })).toThrow(/labels must be int32 \[2\]/);
  }
});
