import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { axisOf, read, type Attributes, type Operator, type Operators } from '../operator.ts';

const reduction =
  (run: (x: Tensor, axes: number[], keep: boolean) => Tensor): Operator =>
  ([x, axes], a) => {
    const named = axes ? read(axes) : a.numbers('axes');
    const all = !named || named.length === 0;
    if (all && a.number('noop_with_empty_axes', 0)) return tf.clone(x!);
    return run(x!, all ? x!.shape.map((_, axis) => axis) : named.map((axis) => axisOf(axis, x!.rank)), a.number('keepdims', 1) !== 0);
  };

function extreme(find: typeof tf.argMax): Operator {
  return ([x], a: Attributes) => {
    const axis = axisOf(a.number('axis', 0), x!.rank);
    const last = a.number('select_last_index', 0) !== 0;
    const found = last ? tf.sub(tf.scalar(x!.shape[axis]! - 1, 'int32'), find(tf.reverse(x!, axis), axis)) : find(x!, axis);
    return a.number('keepdims', 1) ? tf.expandDims(found, axis) : found;
  };
}

export const reductions: Operators = {
  ArgMax: extreme(tf.argMax),
  ArgMin: extreme(tf.argMin),
  CumSum: ([x, axis], a) => tf.cumsum(x!, axisOf(read(axis!)[0]!, x!.rank), a.number('exclusive', 0) !== 0, a.number('reverse', 0) !== 0),
  ReduceL1: reduction((x, axes, keep) => tf.sum(tf.abs(x), axes, keep)),
  ReduceL2: reduction((x, axes, keep) => tf.sqrt(tf.sum(tf.square(x), axes, keep))),
  ReduceLogSum: reduction((x, axes, keep) => tf.log(tf.sum(x, axes, keep))),
  ReduceLogSumExp: reduction((x, axes, keep) => tf.logSumExp(x, axes, keep)),
  ReduceMax: reduction((x, axes, keep) => tf.max(x, axes, keep)),
  ReduceMean: reduction((x, axes, keep) => tf.mean(x, axes, keep)),
  ReduceMin: reduction((x, axes, keep) => tf.min(x, axes, keep)),
  ReduceProd: reduction((x, axes, keep) => tf.prod(x, axes, keep)),
  ReduceSum: reduction((x, axes, keep) => tf.sum(x, axes, keep)),
  ReduceSumSquare: reduction((x, axes, keep) => tf.sum(tf.square(x), axes, keep)),
  TopK: ([x, k], a) => {
    const axis = axisOf(a.number('axis', -1), x!.rank);
    const largest = a.number('largest', 1) !== 0;
    const count = k ? read(k)[0]! : a.number('k', 1);
    const order = x!.shape.map((_, each) => each).filter((each) => each !== axis);
    const last = [...order, axis];
    const back = last.map((_, each) => last.indexOf(each));
    const moved = tf.transpose(x!, last);
    const { values, indices } = tf.topk(largest ? moved : tf.neg(moved), count, true);
    return [tf.transpose(largest ? values : tf.neg(values), back), tf.transpose(indices, back)];
  },
};
