import * as tf from '@tensorflow/tfjs-core';
import { any, distinct, exactly, nonZero, uniform } from '../row.ts';
import type { Input, Row } from '../row.ts';

type Unary = (x: tf.Tensor) => tf.Tensor;
type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

const S = [2, 3];

function unary(kernel: string, op: Unary, x: Input, name = 'one input'): Row {
  return { kernel, name, inputs: [x], op };
}

/** Every way two shapes broadcast, as pairs of shapes. */
const pairs: [string, number[], number[]][] = [
  ['equal shapes', [2, 3], [2, 3]],
  ['scalar on the right', [2, 3], []],
  ['scalar on the left', [], [2, 3]],
  ['row', [2, 3], [3]],
  ['column', [2, 3], [2, 1]],
  ['both repeated', [2, 1], [1, 3]],
  ['middle axis and a missing one', [2, 1, 2], [3, 2]],
  ['two batch axes', [2, 1, 2, 1], [1, 3, 1, 2]],
];

function binary(kernel: string, op: Binary, a: (s: number[]) => Input, b: (s: number[]) => Input): Row[] {
  return pairs.map(([name, sa, sb]) => ({ kernel, name, inputs: [a(sa), b(sb)], op }));
}

const far: (s: number[]) => Input = (s) => uniform(s, 3, 5, 3);

export const unaryRows: Row[] = [
  unary(tf.Abs, tf.abs, nonZero(S)),
  unary(tf.Acos, tf.acos, uniform(S, -0.7, 0.7)),
  unary(tf.Acosh, tf.acosh, uniform(S, 1.5, 4)),
  unary(tf.Asin, tf.asin, uniform(S, -0.7, 0.7)),
  unary(tf.Asinh, tf.asinh, any(S)),
  unary(tf.Atan, tf.atan, any(S)),
  unary(tf.Atanh, tf.atanh, uniform(S, -0.6, 0.6)),
  unary(tf.Ceil, tf.ceil, uniform(S, 0.1, 0.9)),
  unary(tf.Cos, tf.cos, any(S)),
  unary(tf.Cosh, tf.cosh, any(S)),
  unary(tf.Elu, tf.elu, nonZero(S)),
  unary(tf.Erf, tf.erf, nonZero(S)),
  unary(tf.Exp, tf.exp, any(S)),
  unary(tf.Expm1, tf.expm1, any(S)),
  unary(tf.Floor, tf.floor, uniform(S, 0.1, 0.9)),
  unary(tf.Identity, (x) => tf.clone(x), any(S)),
  unary(tf.IsFinite, (x) => tf.cast(tf.isFinite(x), 'float32'), any(S)),
  unary(tf.IsInf, (x) => tf.cast(tf.isInf(x), 'float32'), any(S)),
  unary(tf.IsNan, (x) => tf.cast(tf.isNaN(x), 'float32'), any(S)),
  unary(tf.LeakyRelu, (x) => tf.leakyRelu(x, 0.3), nonZero(S)),
  unary(tf.Log, tf.log, uniform(S, 0.5, 3)),
  unary(tf.Log1p, tf.log1p, uniform(S, -0.5, 3)),
  unary(tf.Neg, tf.neg, any(S)),
  unary(tf.OnesLike, tf.onesLike, any(S)),
  unary(tf.Reciprocal, tf.reciprocal, uniform(S, 0.5, 3)),
  unary(tf.Reciprocal, tf.reciprocal, uniform(S, -3, -0.5), 'negative'),
  unary(tf.Relu, tf.relu, nonZero(S)),
  unary(tf.Relu6, tf.relu6, exactly(S, [-3, -0.5, 0.5, 3, 5.5, 7])),
  unary(tf.Round, tf.round, uniform(S, 0.6, 1.4)),
  unary(tf.Rsqrt, tf.rsqrt, uniform(S, 0.5, 3)),
  unary(tf.Selu, tf.selu, nonZero(S)),
  unary(tf.Sigmoid, tf.sigmoid, any(S)),
  unary(tf.Sign, tf.sign, nonZero(S)),
  unary(tf.Sin, tf.sin, any(S)),
  unary(tf.Sinh, tf.sinh, any(S)),
  unary(tf.Softplus, tf.softplus, any(S)),
  unary(tf.Sqrt, tf.sqrt, uniform(S, 0.5, 3)),
  unary(tf.Square, tf.square, any(S)),
  unary(tf.Step, (x) => tf.step(x, 0.5), nonZero(S)),
  unary(tf.Tan, tf.tan, uniform(S, -1, 1)),
  unary(tf.Tanh, tf.tanh, any(S)),
  unary(tf.ZerosLike, tf.zerosLike, any(S)),
  unary(tf.ClipByValue, (x) => tf.clipByValue(x, -1, 1), exactly(S, [-2, -0.5, 0.25, 0.75, 1.5, 3])),
  unary(tf.Cast, (x) => tf.cast(x, 'float32'), any(S)),
  {
    kernel: tf.Cast,
    name: 'to int32, straight through',
    inputs: [any(S)],
    op: (x) => tf.cast(x, 'int32'),
    surrogate: (x) => tf.clone(x),
  },
  // Where the gradient flows through an operation that is also applied to a scalar and to an empty tensor.
  unary(tf.Sigmoid, tf.sigmoid, any([]), 'scalar'),
  unary(tf.Relu, tf.relu, any([0, 3]), 'empty'),
];

export const binaryRows: Row[] = [
  ...binary(tf.Add, tf.add, any, (s) => any(s, 2)),
  ...binary(tf.Sub, tf.sub, any, (s) => any(s, 2)),
  ...binary(tf.Multiply, tf.mul, any, (s) => any(s, 2)),
  ...binary(tf.RealDiv, tf.div, any, (s) => uniform(s, 0.5, 2, 2)),
  ...binary(tf.SquaredDifference, tf.squaredDifference, any, (s) => any(s, 2)),
  ...binary(
    tf.Atan2,
    tf.atan2,
    (s) => uniform(s, 0.5, 2),
    (s) => any(s, 2),
  ),
  ...binary(
    tf.Pow,
    tf.pow,
    (s) => uniform(s, 0.5, 2),
    (s) => any(s, 2),
  ),
  ...binary(
    tf.Maximum,
    tf.maximum,
    (s) => uniform(s, -2, -1),
    (s) => uniform(s, -0.5, 0),
  ).map(last('b wins')),
  ...binary(
    tf.Maximum,
    tf.maximum,
    (s) => uniform(s, 1, 2),
    (s) => uniform(s, -0.5, 0),
  ).map(last('a wins')),
  ...binary(
    tf.Minimum,
    tf.minimum,
    (s) => uniform(s, -2, -1),
    (s) => uniform(s, -0.5, 0),
  ).map(last('a wins')),
  ...binary(
    tf.Minimum,
    tf.minimum,
    (s) => uniform(s, 1, 2),
    (s) => uniform(s, -0.5, 0),
  ).map(last('b wins')),
  // Quotients between 1/2.x and 1/1.x of 7: their floors stay as they are within a step.
  ...binary(tf.Mod, tf.mod, (s) => uniform(s, 7.1, 7.3), far7).map(last('quotient 2')),
  ...binary(tf.FloorDiv, tf.floorDiv, (s) => uniform(s, 7.1, 7.3), far7).map(likeDivision),
  ...binary(tf.GreaterEqual, (a, b) => tf.cast(tf.greaterEqual(a, b), 'float32'), any, far),
  ...binary(
    tf.Prelu,
    tf.prelu as Binary,
    (s) => distinct(s),
    (s) => any(s, 2),
  ).filter(({ inputs: [x, alpha] }) => fits(alpha?.shape ?? [], x?.shape ?? [])),
  {
    kernel: tf.Multiply,
    name: 'both inputs one tensor',
    inputs: [any(S)],
    op: (x) => tf.mul(x, x),
  },
  { kernel: tf.Add, name: 'both inputs one tensor', inputs: [any(S)], op: (x) => tf.add(x, x) },
  { kernel: tf.Mod, name: 'gradient passed to two users', inputs: [uniform(S, 0.3, 0.6)], op: (x) => tf.add(tf.mod(x, 1), x) },
  {
    kernel: tf.Multiply,
    name: 'an int32 factor',
    inputs: [any(S)],
    op: (x) => tf.mul(x, tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3], 'int32')),
  },
  {
    kernel: tf.Multiply,
    name: 'a bool factor',
    inputs: [any(S)],
    op: (x) => tf.mul(x, tf.tensor2d([1, 0, 1, 1, 0, 1], [2, 3], 'bool')),
  },
  {
    kernel: tf.Pow,
    name: 'negative base, whole exponent',
    inputs: [uniform(S, -2, -0.5)],
    op: (x) => tf.pow(x, 3),
  },
  {
    kernel: tf.Pow,
    name: 'int32 exponents',
    inputs: [uniform([4], 0.5, 2)],
    op: (x) => tf.pow(x, tf.tensor1d([0, 1, 2, -1], 'int32')),
  },
  { kernel: tf.AddN, name: 'three', inputs: [any(S, 1), any(S, 2), any(S, 3)], op: (...xs) => tf.addN(xs) },
  { kernel: tf.AddN, name: 'one tensor three times', inputs: [any(S)], op: (x) => tf.addN([x, x, x]) },
  {
    kernel: tf.Select,
    name: 'full condition',
    inputs: [any(S), any(S, 2)],
    op: (t, e) => tf.where(tf.tensor2d([1, 0, 1, 0, 0, 1], [2, 3], 'bool'), t, e),
  },
  {
    kernel: tf.Select,
    name: 'repeated branches',
    inputs: [any([3]), any([])],
    op: (t, e) => tf.where(tf.tensor2d([1, 0, 1, 0, 0, 1], [2, 3], 'bool'), t, e),
  },
  {
    kernel: tf.Select,
    name: 'condition per slice',
    inputs: [any(S), any(S, 2)],
    op: (t, e) => tf.engine().runKernel(tf.Select, { condition: tf.tensor1d([1, 0], 'bool'), t, e }) as tf.Tensor,
    // tfjs's cpu kernel picks the wrong elements here, so differences are taken of the condition spelt out.
    surrogate: (t, e) => tf.where(tf.tensor2d([1, 0], [2, 1], 'bool'), t, e),
  },
  {
    kernel: tf.Select,
    name: 'condition made from an input',
    inputs: [nonZero(S)],
    op: (x) => tf.where(tf.greaterEqual(x, 0), tf.square(x), tf.neg(x)),
  },
];

function far7(s: number[]): Input {
  return uniform(s, 2.6, 3.2, 5);
}

/** tfjs's convention for floorDiv. */
function likeDivision(row: Row): Row {
  return { ...row, surrogate: tf.div as Binary };
}

function last(name: string): (row: Row) => Row {
  return (row) => ({ ...row, name: `${row.name}, ${name}` });
}

/** Whether a shape repeats into another without changing it. */
function fits(shape: readonly number[], into: readonly number[]): boolean {
  return shape.length <= into.length && tf.broadcast_util.assertAndGetBroadcastShape([...shape], [...into]).join() === into.join();
}
