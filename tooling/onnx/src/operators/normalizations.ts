import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { axisOf, refuse, type Attributes, type Operator, type Operators } from '../operator.ts';

/** Along one axis, or before version 13 along all from it on. */
function alongLast(run: (x: Tensor) => Tensor): Operator {
  return ([x], a) => {
    const axis = axisOf(a.number('axis', a.version < 13 ? 1 : -1), x!.rank);
    if (a.version < 13) {
      const rows = x!.shape.slice(0, axis).reduce((size, each) => size * each, 1);
      return tf.reshape(run(tf.reshape(x!, [rows, -1])), x!.shape);
    }
    const order = [...x!.shape.keys()].filter((each) => each !== axis).concat(axis);
    const back = order.map((_, each) => order.indexOf(each));
    return tf.transpose(run(tf.transpose(x!, order)), back);
  };
}

const perChannel = (x: Tensor, value: Tensor): Tensor => tf.reshape(value, [1, -1, ...Array(x.rank - 2).fill(1)] as number[]);

function layerNormalization([x, scale, bias]: readonly (Tensor | undefined)[], a: Attributes): readonly Tensor[] {
  const axis = axisOf(a.number('axis', -1), x!.rank);
  const axes = [...x!.shape.keys()].slice(axis);
  const { mean, variance } = tf.moments(x!, axes, true);
  const inverse = tf.rsqrt(tf.add(variance, a.number('epsilon', 1e-5)));
  const normal = tf.mul(tf.mul(tf.sub(x!, mean), inverse), scale!);
  return [bias ? tf.add(normal, bias) : normal, mean, inverse];
}

export const normalizations: Operators = {
  BatchNormalization: ([x, scale, bias, mean, variance], a) => {
    if (a.number('training_mode', 0)) {
      const axes = [...x!.shape.keys()].filter((axis) => axis !== 1);
      const moments = tf.moments(x!, axes);
      const momentum = a.number('momentum', 0.9);
      const running = (old: Tensor, now: Tensor): Tensor => tf.add(tf.mul(old, momentum), tf.mul(now, 1 - momentum));
      const [m, v, b, s] = [moments.mean, moments.variance, bias!, scale!].map((each) => perChannel(x!, each)) as [
        Tensor,
        Tensor,
        Tensor,
        Tensor,
      ];
      const y = tf.add(tf.mul(tf.mul(tf.sub(x!, m), tf.rsqrt(tf.add(v, a.number('epsilon', 1e-5)))), s), b);
      return [y, running(mean!, moments.mean), running(variance!, moments.variance)];
    }
    // tfjs wants the channels last.
    const order = [...x!.shape.keys()].filter((axis) => axis !== 1).concat(1);
    const flat = x!.rank === 2 ? x! : tf.reshape(tf.transpose(x!, order), [-1, x!.shape[1]!]);
    const y = tf.batchNorm2d(
      flat as tf.Tensor2D,
      mean as tf.Tensor1D,
      variance as tf.Tensor1D,
      bias as tf.Tensor1D,
      scale as tf.Tensor1D,
      a.number('epsilon', 1e-5),
    );
    if (x!.rank === 2) return y;
    return tf.transpose(
      tf.reshape(
        y,
        order.map((axis) => x!.shape[axis]!),
      ),
      order.map((_, axis) => order.indexOf(axis)),
    );
  },
  Hardmax: ([x], a) => {
    const axis = axisOf(a.number('axis', a.version < 13 ? 1 : -1), x!.rank);
    const order = [...Array(x!.rank - 1).keys()];
    const hot = tf.oneHot(tf.argMax(x!, axis), x!.shape[axis]!);
    return tf.cast(tf.transpose(hot, [...order.slice(0, axis), x!.rank - 1, ...order.slice(axis)]), 'float32');
  },
  InstanceNormalization: ([x, scale, bias], a) => {
    const { mean, variance } = tf.moments(x!, [...x!.shape.keys()].slice(2), true);
    const normal = tf.mul(tf.sub(x!, mean), tf.rsqrt(tf.add(variance, a.number('epsilon', 1e-5))));
    return tf.add(tf.mul(normal, perChannel(x!, scale!)), perChannel(x!, bias!));
  },
  LayerNormalization: layerNormalization,
  LogSoftmax: alongLast((x) => tf.logSoftmax(x)),
  LRN: ([x], a) => {
    const size = a.number('size', 1);
    if (size % 2 === 0) return refuse('LRN over an even number of channels');
    const last = tf.transpose(x!, [0, 2, 3, 1]) as tf.Tensor4D;
    const y = tf.localResponseNormalization(
      last,
      (size - 1) / 2,
      a.number('bias', 1),
      a.number('alpha', 1e-4) / size,
      a.number('beta', 0.75),
    );
    return tf.transpose(y, [0, 3, 1, 2]);
  },
  MeanVarianceNormalization: ([x], a) => {
    const { mean, variance } = tf.moments(x!, [...(a.numbers('axes') ?? [0, 2, 3])], true);
    return tf.div(tf.sub(x!, mean), tf.add(tf.sqrt(variance), 1e-9));
  },
  Softmax: alongLast((x) => tf.softmax(x)),
};
