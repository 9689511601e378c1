import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { disable, enable } from '../../src/index.ts';

beforeEach(async () => {
  await enable();
});
afterAll(disable);

test('XSgdUpdate writes into the value, and a product sees the new values', () => {
  const value = tf.tensor2d([1, 2, 3, 4], [2, 2]);
  const one = tf.tensor2d([1, 1], [1, 2]);
  expect(tf.matMul(one, value)).toBeAllclose([[4, 6]]);
  const outputs = tf.engine().runKernel('XSgdUpdate', { value, gradient: tf.onesLike(value) }, { learningRate: 0.5 });
  expect(outputs).toEqual([]);
  expect(value).toBeAllclose([
    [0.5, 1.5],
    [2.5, 3.5],
  ]);
  expect(tf.matMul(one, value)).toBeAllclose([[3, 5]]);
});

test('XSgdUpdate with momentum keeps its velocity', () => {
  const value = tf.tensor1d([1]);
  const gradient = tf.tensor1d([1]);
  const velocity = tf.zeros([1]);
  for (let step = 0; step < 2; step++)
    tf.engine().runKernel('XSgdUpdate', { value, gradient, velocity }, { learningRate: 0.1, momentum: 0.9 });
  expect(velocity).toBeAllclose([1.9]);
  expect(value).toBeAllclose([1 - 0.1 - 0.19]);
});

test('the first step of XAdamUpdate is the learning rate, whatever the gradient', () => {
  const value = tf.tensor1d([1, 1, 1]);
  const [m, v] = [tf.zeros([3]), tf.zeros([3])];
  const other = { value1: tf.zeros([1]), gradient1: tf.tensor1d([7]), m1: tf.zeros([1]), v1: tf.zeros([1]) };
  const inputs = { value0: value, gradient0: tf.tensor1d([1e-3, -5, 100]), m0: m, v0: v, ...other };
  const constants = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, decoupled: false };
  tf.engine().runKernel('XAdamUpdate', inputs, { learningRate: 0.1, step: 1, ...constants });
  expect(value).toBeAllclose([0.9, 1.1, 0.9], { rtol: 1e-5 });
  expect(m).toBeAllclose([1e-4, -0.5, 10], { rtol: 1e-5 });
  expect(other.value1).toBeAllclose([-0.1], { rtol: 1e-5 });
});

test('the first step of XRmspropUpdate is the learning rate over the root of what is fresh; of XAdagradUpdate, the learning rate', () => {
  for (const [kernel, step] of [
    ['XRmspropUpdate', 0.1 / Math.sqrt(0.01)],
    ['XAdagradUpdate', 0.1],
  ] as const) {
    const value = tf.tensor1d([1, 1]);
    const square = tf.zeros([2]);
    const outputs = tf.engine().runKernel(kernel, { value, gradient: tf.tensor1d([-5, 100]), square }, { learningRate: 0.1 });
    expect(outputs).toEqual([]);
    expect(value).toBeAllclose([1 + step, 1 - step], { rtol: 1e-5 });
  }
});

test('XAccumulate adds in place', () => {
  const value = tf.tensor1d([1, 2]);
  tf.engine().runKernel('XAccumulate', { value, addend: tf.tensor1d([3, 4]) }, { scale: 2 });
  expect(value).toBeAllclose([7, 10]);
});

test('another shape or type is refused by name, and nothing is written', () => {
  const value = tf.tensor1d([1, 2]);
  const attributes = { learningRate: 1 };
  expect(() => tf.engine().runKernel('XSgdUpdate', { value, gradient: tf.zeros([3]) }, attributes)).toThrow(
    /gradient must be float32 \[2\]/,
  );
  expect(() => tf.engine().runKernel('XSgdUpdate', { value, gradient: tf.zeros([2], 'int32') }, attributes)).toThrow(/gradient .* int32/);
  expect(value).toBeAllclose([1, 2]);
});
