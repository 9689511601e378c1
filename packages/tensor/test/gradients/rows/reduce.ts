import * as tf from '@tensorflow/tfjs-core';
import { any, distinct, exactly, nonZero, uniform } from '../row.ts';
import type { Input, Row } from '../row.ts';

type Reduction = (x: tf.Tensor, axis?: number | number[], keepDims?: boolean) => tf.Tensor;

const S = [2, 3, 2];
const axes: (number | number[] | undefined)[] = [undefined, 0, 1, 2, -1, [0, 1], [0, 2], [1, 2], [-2], [0, 1, 2], []];

function reductions(kernel: string, op: Reduction, x: Input): Row[] {
  return axes.flatMap((axis) =>
    [false, true].map((keepDims) => ({
      kernel,
      name: `axis ${JSON.stringify(axis)}${keepDims ? ', keepDims' : ''}`,
      inputs: [x],
      op: (t: tf.Tensor) => op(t, axis, keepDims),
    })),
  );
}

const cumulative = [0, 1, 2].flatMap((axis) =>
  [false, true].flatMap((exclusive) => [false, true].map((reverse) => ({ axis, exclusive, reverse }))),
);

export const reduceRows: Row[] = [
  ...reductions(tf.Sum, tf.sum, any(S)),
  ...reductions(tf.Mean, tf.mean, any(S)),
  ...reductions(tf.Max, tf.max, distinct(S)),
  ...reductions(tf.Min, tf.min, distinct(S)),
  ...reductions(tf.Prod, tf.prod, nonZero(S)),
  { kernel: tf.Sum, name: 'scalar', inputs: [any([])], op: (x) => tf.sum(x) },
  { kernel: tf.Sum, name: 'passed to two users', inputs: [any(S)], op: (x) => tf.add(tf.sum(x, []), x) },
  { kernel: tf.Sum, name: 'of an empty axis', inputs: [any([2, 0])], op: (x) => tf.sum(x, 1) },
  {
    kernel: tf.Prod,
    name: 'one zero, two zeros',
    inputs: [exactly([3, 3], [1, 0, 2, 0, 3, 0, 1.5, 0.5, 2])],
    op: (x) => tf.prod(x, 1),
  },
  ...cumulative.map(({ axis, exclusive, reverse }): Row => ({
    kernel: tf.Cumsum,
    name: `axis ${axis}${exclusive ? ', exclusive' : ''}${reverse ? ', reverse' : ''}`,
    inputs: [any(S)],
    op: (x) => tf.cumsum(x, axis, exclusive, reverse),
  })),
  ...[undefined, -1].map((dim): Row => ({
    kernel: tf.Softmax,
    name: `axis ${dim}`,
    inputs: [any(S)],
    op: (x) => tf.softmax(x, dim),
  })),
  {
    // tf.logSoftmax computes by other kernels, and no backend has this one: its rule is called by hand.
    kernel: tf.LogSoftmax,
    name: 'last axis',
    inputs: [any([2, 4])],
    op: (x) => tf.logSoftmax(x),
    backward: ([x], dy) => {
      const saved = [x as tf.Tensor, tf.logSoftmax(x as tf.Tensor)];
      const gradients = tf.getGradient(tf.LogSoftmax).gradFunc(dy, saved, { axis: -1 });
      return [(gradients['logits'] as () => tf.Tensor)()];
    },
  },
  { kernel: tf.ArgMax, name: 'axis 1', inputs: [distinct(S)], op: (x) => tf.cast(tf.argMax(x, 1), 'float32') },
  { kernel: tf.ArgMin, name: 'axis 0', inputs: [distinct(S)], op: (x) => tf.cast(tf.argMin(x, 0), 'float32') },
  {
    kernel: tf.OneHot,
    name: 'indices from a cast',
    inputs: [uniform([3], 1.2, 1.8)],
    op: (x) => tf.oneHot(tf.cast(x, 'int32'), 4, 2, 0.5, 'float32'),
    surrogate: () => tf.ones([3, 4]),
  },
];
