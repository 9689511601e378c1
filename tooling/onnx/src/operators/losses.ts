import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Attributes, Operators } from '../operator.ts';

/** Of log-probabilities [n, classes, ...] and classes [n, ...]. */
function negativeLogLikelihood(logs: Tensor, target: Tensor, weight: Tensor | undefined, a: Attributes): Tensor {
  const classes = logs.shape[1]!;
  const whole = tf.cast(target, 'int32');
  const ignored = a.has('ignore_index')
    ? tf.equal(whole, tf.scalar(a.number('ignore_index', 0), 'int32'))
    : tf.zerosLike(tf.cast(whole, 'bool'));
  const safe = tf.where(ignored, tf.zerosLike(whole), whole);
  const last = [0, ...Array.from({ length: logs.rank - 2 }, (_, i) => i + 2), 1];
  const chosen = tf.sum(tf.mul(tf.transpose(logs, last), tf.oneHot(safe, classes)), -1);
  const weights = tf.mul(weight ? tf.gather(weight, safe) : tf.onesLike(chosen), tf.cast(tf.logicalNot(ignored), 'float32'));
  const each = tf.neg(tf.mul(chosen, weights));
  switch (a.text('reduction', 'mean')) {
    case 'none':
      return each;
    case 'sum':
      return tf.sum(each);
    default:
      return tf.div(tf.sum(each), tf.sum(weights));
  }
}

export const losses: Operators = {
  NegativeLogLikelihoodLoss: ([logs, target, weight], a) => negativeLogLikelihood(logs!, target!, weight, a),
  SoftmaxCrossEntropyLoss: ([scores, target, weight], a, outputs) => {
    const last = [0, ...Array.from({ length: scores!.rank - 2 }, (_, i) => i + 2), 1];
    const back = last.map((_, axis) => last.indexOf(axis));
    const logs = tf.transpose(tf.logSoftmax(tf.transpose(scores!, last)), back);
    const loss = negativeLogLikelihood(logs, target!, weight, a);
    return outputs > 1 ? [loss, logs] : loss;
  },
};
