import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { afterAll, expect, test } from 'vitest';
import { disable, enable } from '../../src/index.ts';
import { expectAsOnCpu } from './against-cpu.ts';

afterAll(disable);

const a = (dtype: tf.NumericDataType = 'float32'): Tensor =>
  tf.cast(tf.tensor3d([1, -2, 3.5, 4, NaN, 6, -7, 8, 0, 10, 11, 12], [2, 2, 3]), dtype);
const b = (dtype: tf.NumericDataType = 'float32'): Tensor => tf.cast(tf.tensor2d([2, 0.5, -3, 4, 5, -6], [2, 3]), dtype);
const positive = (): Tensor => tf.tensor1d([0, 0.25, 1, 2.5, 100, Infinity]);
const truth = (): Tensor => tf.tensor1d([true, false, true, true], 'bool');

const operations: Readonly<Record<string, () => Tensor>> = {
  add: () => tf.add(a(), b()),
  'add of int32': () => tf.add(a('int32'), b('int32')),
  'add of int32 and float32': () => tf.add(a('int32'), b()),
  sub: () => tf.sub(b(), a()),
  mul: () => tf.mul(a(), 3),
  'mul of int32': () => tf.mul(a('int32'), b('int32')),
  div: () => tf.div(a(), b()),
  'div of int32': () => tf.div(tf.tensor1d([7, -7, 9], 'int32'), tf.tensor1d([2, 2, -4], 'int32')),
  'of seven axes': () => tf.mul(tf.ones([2, 1, 2, 3, 1, 2, 2]), tf.reshape(tf.range(0, 24), [2, 2, 3, 1, 2, 1])),
  'of seven axes that are alike': () => tf.sub(tf.ones([2, 1, 2, 3, 1, 2, 2]), tf.ones([2, 1, 2, 3, 1, 2, 2])),
  'where of seven axes': () =>
    tf.where(tf.ones([2, 1, 2, 3, 1, 2, 2], 'bool'), tf.ones([2, 1, 2, 3, 1, 2, 2]), tf.zeros([2, 1, 2, 3, 1, 2, 2])),
  maximum: () => tf.maximum(a(), b()),
  minimum: () => tf.minimum(a('int32'), b('int32')),
  squaredDifference: () => tf.squaredDifference(a(), b()),
  prelu: () => tf.prelu(a(), b()),
  equal: () => tf.equal(a(), b()),
  notEqual: () => tf.notEqual(a('int32'), b('int32')),
  less: () => tf.less(a(), b()),
  lessEqual: () => tf.lessEqual(a(), b()),
  greater: () => tf.greater(a(), b()),
  greaterEqual: () => tf.greaterEqual(a('int32'), 1),
  logicalAnd: () => tf.logicalAnd(truth(), tf.tensor2d([1, 1, 0, 1], [1, 4], 'bool')),
  logicalOr: () => tf.logicalOr(truth(), tf.tensor1d([true, false, false, false], 'bool')),
  logicalNot: () => tf.logicalNot(truth()),
  where: () => tf.where(tf.greater(a(), 1), a(), tf.zerosLike(a())),
  'where of bool': () => tf.where(truth(), tf.logicalNot(truth()), truth()),
  relu: () => tf.relu(a()),
  relu6: () => tf.relu6(a()),
  leakyRelu: () => tf.leakyRelu(a(), 0.3),
  step: () => tf.step(a(), 0.5),
  clipByValue: () => tf.clipByValue(a(), -1, 4),
  sign: () => tf.sign(b()),
  square: () => tf.square(a()),
  reciprocal: () => tf.reciprocal(b()),
  rsqrt: () => tf.rsqrt(positive()),
  sqrt: () => tf.sqrt(positive()),
  neg: () => tf.neg(a()),
  abs: () => tf.abs(a()),
  floor: () => tf.floor(a()),
  ceil: () => tf.ceil(a()),
  round: () => tf.round(tf.tensor1d([0.5, 1.5, -0.5, -1.5, 2.4])),
  exp: () => tf.exp(b()),
  expm1: () => tf.expm1(b()),
  log: () => tf.log(positive()),
  log1p: () => tf.log1p(positive()),
  tanh: () => tf.tanh(a()),
  sigmoid: () => tf.sigmoid(a()),
  softplus: () => tf.softplus(a()),
  erf: () => tf.erf(b()),
  elu: () => tf.elu(a()),
  selu: () => tf.selu(a()),
  'relu of int32': () => tf.relu(a('int32')),
  'float32 to int32': () => tf.cast(b(), 'int32'),
  'float32 to bool': () => tf.cast(a(), 'bool'),
  'int32 to float32': () => tf.cast(b('int32'), 'float32'),
  'int32 to bool': () => tf.cast(b('int32'), 'bool'),
  'bool to float32': () => tf.cast(truth(), 'float32'),
  'bool to int32': () => tf.cast(truth(), 'int32'),
  fill: () => tf.fill([3, 2], 2.5),
  'fill of int32': () => tf.fill([5], -3, 'int32'),
  zerosLike: () => tf.zerosLike(truth()),
  onesLike: () => tf.onesLike(truth()),
  reshape: () => tf.reshape(a(), [3, -1]),
  clone: () => tf.clone(a()),
  'a scalar': () => tf.add(tf.scalar(1), tf.scalar(2)),
  nothing: () => tf.exp(tf.tensor2d([], [0, 3])),
  'nothing, broadcast': () => tf.add(tf.tensor2d([], [0, 3]), tf.tensor1d([1, 2, 3])),
};

test.for(Object.keys(operations))('%s: as on the cpu backend', (name) => expectAsOnCpu(operations[name] as () => Tensor));

const x = [-2, -0.5, 0, 0.5, 2, 7];
const activations: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  relu: tf.relu,
  relu6: tf.relu6,
  leakyrelu: (x) => tf.leakyRelu(x, 0.2),
  sigmoid: tf.sigmoid,
  tanh: tf.tanh,
  elu: tf.elu,
};
test.for(Object.keys(activations))('XActivationGrad of %s is the slope of the activation, within 1e-3', async (activation) => {
  await enable();
  const given = x.filter((value) => value !== 0);
  const f = activations[activation] as (x: Tensor) => Tensor;
  const dy = tf.tensor1d(given.map((_, index) => index + 1));
  const y = f(tf.tensor1d(given));
  const gradient = tf.engine().runKernel<Tensor>('XActivationGrad', { dy, y }, { activation, slope: 0.2 });
  const h = 1 / 256;
  const [up, down] = [f(tf.tensor1d(given.map((value) => value + h))), f(tf.tensor1d(given.map((value) => value - h)))];
  const slopes = tf.div(tf.sub(up, down), 2 * h);
  expect(gradient).toBeAllclose(tf.mul(dy, slopes), { rtol: 1e-3, atol: 1e-3 });
});

test('an unknown activation is refused by name', async () => {
  await enable();
  const dy = tf.tensor1d([1]);
  expect(() => tf.engine().runKernel('XActivationGrad', { dy, y: dy }, { activation: 'swish' })).toThrow(/no gradient of 'swish'/);
});

test('Select with a condition of one axis chooses rows', async () => {
  await enable();
  const condition = tf.tensor1d([true, false], 'bool');
  const chosen = tf.engine().runKernel<Tensor>('Select', { condition, t: b(), e: tf.neg(b()) });
  expect(chosen).toBeAllclose([
    [2, 0.5, -3],
    [-4, -5, 6],
  ]);
});
