import * as tf from '@tensorflow/tfjs-core';
import { any, nonZero, uniform } from '../row.ts';
import type { Input, Row } from '../row.ts';

type F = (x: tf.Tensor) => tf.Tensor;

const S = [2, 3];
const other = (): tf.Tensor => tf.tensor2d([0.5, 1.25, -0.75, 1.5, -2, 0.25], [2, 3]);

/** The gradient itself, as the function to differentiate. */
const functions: [string, F, Input][] = [
  [tf.Acos, tf.acos, uniform(S, -0.6, 0.6)],
  [tf.Acosh, tf.acosh, uniform(S, 2, 4)],
  [tf.Asin, tf.asin, uniform(S, -0.6, 0.6)],
  [tf.Asinh, tf.asinh, any(S)],
  [tf.Atan, tf.atan, any(S)],
  [tf.Atan2, (x) => tf.atan2(x, other()), uniform(S, 0.5, 2)],
  [tf.Atanh, tf.atanh, uniform(S, -0.6, 0.6)],
  [tf.BatchMatMul, (x) => tf.matMul(x, x, false, true), any(S)],
  [tf.ClipByValue, (x) => tf.square(tf.clipByValue(x, -1, 1)), uniform(S, -0.9, 0.9)],
  [tf.Cos, tf.cos, any(S)],
  [tf.Cosh, tf.cosh, any(S)],
  [tf.Cumprod, (x) => tf.cumprod(x, 1), any(S)],
  [tf.Elu, tf.elu, nonZero(S)],
  [tf.Erf, tf.erf, nonZero(S)],
  [tf.Exp, tf.exp, any(S)],
  [tf.Expm1, tf.expm1, any(S)],
  [tf.GatherV2, (x) => tf.square(tf.gather(x, [1, 1, 0])), any(S)],
  [tf.Log, tf.log, uniform(S, 0.5, 3)],
  [tf.Log1p, tf.log1p, uniform(S, 0, 3)],
  [tf.Max, (x) => tf.square(tf.max(x, 1)), uniform(S, 1, 4)],
  [tf.Mean, (x) => tf.square(tf.mean(x, 1)), any(S)],
  [tf.Mod, (x) => tf.mul(x, tf.mod(tf.scalar(7.2), x)), uniform(S, 2.6, 3.2)],
  [tf.Multiply, (x) => tf.mul(x, tf.mul(x, x)), any(S)],
  [tf.Pow, (x) => tf.pow(x, 2.5), uniform(S, 0.5, 2)],
  [tf.Pow, (x) => tf.pow(tf.scalar(1.5), x), any(S)],
  [tf.Prod, (x) => tf.prod(x, 1), nonZero(S)],
  [tf.RealDiv, (x) => tf.div(other(), x), uniform(S, 0.5, 2)],
  [tf.Reciprocal, tf.reciprocal, uniform(S, 0.5, 3)],
  [tf.Relu, (x) => tf.square(tf.relu(x)), nonZero(S)],
  [tf.Rsqrt, tf.rsqrt, uniform(S, 0.5, 3)],
  [tf.Selu, tf.selu, nonZero(S)],
  [tf.Sigmoid, tf.sigmoid, any(S)],
  [tf.Sin, tf.sin, any(S)],
  [tf.Sinh, tf.sinh, any(S)],
  [tf.Softmax, (x) => tf.square(tf.softmax(x)), any(S)],
  [tf.Softplus, tf.softplus, any(S)],
  [tf.Sqrt, tf.sqrt, uniform(S, 0.5, 3)],
  [tf.Square, tf.square, any(S)],
  [tf.SquaredDifference, (x) => tf.squaredDifference(x, other()), any(S)],
  [tf.Sum, (x) => tf.square(tf.sum(x, 1)), any(S)],
  [tf.Tan, tf.tan, uniform(S, -1, 1)],
  [tf.Tanh, tf.tanh, any(S)],
];

export const secondOrderRows: Row[] = [
  ...functions.map(([kernel, f, x]): Row => ({ kernel, name: 'gradient of the gradient', inputs: [x], op: (t) => tf.grad(f)(t) })),
  {
    kernel: tf.Conv2D,
    name: 'gradient of the gradient',
    inputs: [any([1, 3, 3, 1]), any([2, 2, 1, 2])],
    op: (x, filter) => tf.grad((t) => tf.square(tf.conv2d(t as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same')))(x),
  },
  {
    kernel: tf.Conv2D,
    name: "gradient of the filter's gradient",
    inputs: [any([1, 3, 3, 1]), any([2, 2, 1, 2])],
    op: (x, filter) => tf.grad((t) => tf.square(tf.conv2d(x as tf.Tensor4D, t as tf.Tensor4D, 1, 'same')))(filter),
  },
];
