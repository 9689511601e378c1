import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkOptions } from './argument-kinds.ts';
import { checkChoice, checkNumber, checkTensor } from './arguments.ts';
import { hasKernel, needGradients, runKernel } from './kernel.ts';
import { reduceLoss, reductions, type Reduction } from './reduction.ts';

export interface SoftmaxCrossEntropyOptions {
  /** Default `mean`, over the examples. */
  readonly reduction?: Reduction;
  /** Part e of the labels that is spread evenly over all classes: (1 - e) labels + e / classes. Default 0. */
  readonly labelSmoothing?: number;
}

/**
 * Cross-entropy of softmax(logits) against labels: -sum over classes of label · log softmax(logits).
 *
 * Not affected by overflow; the gradient is (softmax(logits) - labels) dy, in one pass. It can be taken once: the
 * probabilities it is made of are not differentiated again.
 *
 * @param logits float32[..., classes], such as [n, classes], or [n, length, classes] for sequences.
 * @param labels int32[...], the class of each example, or float32[..., classes], a distribution of sum 1 for each; not differentiated.
 * @returns float32[] for `mean` and `sum`, float32[...] for `none`.
 *   A class that isn't one of `classes` gives NaN, because looking for it beforehand would make a device wait.
 * @throws {TypeError | RangeError} if an argument has another dtype or shape.
 * @example
 * const loss = softmaxCrossEntropy(tf.tensor2d([[0, 0]]), tf.tensor1d([1], 'int32')); // ln 2
 *
 * Label smoothing: C. Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", 2015, arXiv 1512.00567.
 */
export function softmaxCrossEntropy(logits: Tensor, labels: Tensor, options: SoftmaxCrossEntropyOptions = {}): Tensor {
  const { reduction = 'mean', labelSmoothing = 0 } = checkOptions('softmaxCrossEntropy', options);
  const where = 'softmaxCrossEntropy';
  checkTensor(where, 'logits', logits, { dtype: 'float32', leastRank: 2 });
  const examples = logits.shape.slice(0, -1);
  const classes = logits.shape.at(-1) as number;
  const remedy =
    `For logits [${logits.shape.join(', ')}] labels are int32[${examples.join(', ')}], the class of each example, ` +
    `or float32[${logits.shape.join(', ')}], a distribution for each.`;
  checkTensor(where, 'labels', labels, { dtype: ['int32', 'float32'], remedy });
  checkTensor(where, 'labels', labels, { shape: labels.dtype === 'int32' ? examples : logits.shape, remedy });
  checkChoice(where, 'reduction', reduction, reductions);
  checkNumber(where, 'labelSmoothing', labelSmoothing, { least: 0, most: 1 });
  needGradients();
  return tf.tidy(() => {
    const flat = logits.rank === 2;
    const rows = flat ? logits : tf.reshape(logits, [-1, classes]);
    const own = flat ? labels : tf.reshape(labels, labels.dtype === 'int32' ? [-1] : [-1, classes]);
    const losses = lossOfEach(rows, labelSmoothing > 0 ? smooth(own, classes, labelSmoothing) : own);
    return reduceLoss(flat || reduction !== 'none' ? losses : tf.reshape(losses, examples), reduction);
  });
}

function lossOfEach(logits: Tensor, labels: Tensor): Tensor {
  const withGradient = tf.customGrad((x, save) => {
    const [value, probabilities] = forward(x as Tensor, labels);
    (save as tf.GradSaveFunc)([probabilities, labels]);
    return { value, gradFunc: (dy: Tensor, saved: Tensor[]) => backward(dy, saved[0] as Tensor, saved[1] as Tensor) };
  });
  return withGradient(logits);
}

function forward(logits: Tensor, labels: Tensor): [loss: Tensor, probabilities: Tensor] {
  if (hasKernel('XSoftmaxCrossEntropy')) return runKernel<[Tensor, Tensor]>('XSoftmaxCrossEntropy', { logits, labels });
  const logProbabilities = tf.logSoftmax(logits);
  const targets = distribution(labels, logits.shape[1] as number);
  // A label of 0 counts as nothing even where the probability is 0.
  const terms = tf.where(tf.equal(targets, 0), tf.zerosLike(targets), tf.mul(targets, logProbabilities));
  const losses = tf.neg(tf.sum(terms, 1));
  if (labels.dtype === 'float32') return [losses, tf.exp(logProbabilities)];
  const known = tf.logicalAnd(tf.greaterEqual(labels, 0), tf.less(labels, logits.shape[1] as number));
  return [tf.where(known, losses, tf.fill(losses.shape, NaN)), tf.exp(logProbabilities)];
}

function backward(dy: Tensor, probabilities: Tensor, labels: Tensor): Tensor {
  if (hasKernel('XSoftmaxCrossEntropyGrad')) return runKernel<Tensor>('XSoftmaxCrossEntropyGrad', { dy, probabilities, labels });
  const targets = distribution(labels, probabilities.shape[1] as number);
  return tf.mul(tf.sub(probabilities, targets), tf.expandDims(dy, 1));
}

// Cast, because the oneHot of tfjs's WASM backend writes integers whatever dtype it is asked for.
function distribution(labels: Tensor, classes: number): Tensor {
  return labels.dtype === 'int32' ? tf.cast(tf.oneHot(labels, classes), 'float32') : labels;
}

function smooth(labels: Tensor, classes: number, part: number): Tensor {
  return tf.add(tf.mul(distribution(labels, classes), 1 - part), part / classes);
}
