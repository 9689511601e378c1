import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { defineGradient } from '../../gradients/define-gradient.ts';
import { checkTensor } from '../arguments.ts';
import { hasFamilyKernel, needGradient, needGradients, runKernel } from '../kernel.ts';

const KERNEL = 'XActiveLinear';

/**
 * A dense linear map of inputs that are mostly 0, as after a rectifier or a top-k: y = x·weight + bias.
 *
 * Only the rows of `weight` are read whose input isn't 0, one example at a time. With few examples reading the weights is
 * what takes the time, so at a batch of 1 it falls as the share of active inputs does; for more than about 8 examples, or
 * where more than half are active, `linear` is faster. A row that is skipped adds nothing even if it holds infinities or NaN.
 *
 * @param x float32[..., in].
 * @param weight float32[in, out].
 * @param bias float32[out]; none if left out.
 * @returns float32[..., out], differentiable in x, weight and bias.
 * @throws {TypeError | RangeError} if an argument has another dtype or shape.
 * @throws {Error} on our backend if the sparse kernels are not loaded.
 * @example
 * await (await enable()).load('sparse');
 * activeLinear(tf.tensor2d([[0, 2]]), tf.tensor2d([[7, 7], [1, 10]])).print(); // [[2, 20]]
 *
 * Z. Li et al., "The Lazy Neuron Phenomenon", 2022, arXiv 2210.06313, on how few are active in trained Transformers.
 */
export function activeLinear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const where = 'activeLinear';
  checkTensor(where, 'weight', weight, { dtype: 'float32', rank: 2 });
  checkTensor(where, 'x', x, { dtype: 'float32', leastRank: 1 });
  const [from, to] = weight.shape as [number, number];
  if (x.shape.at(-1) !== from)
    throw new RangeError(
      `${where}: x has ${x.shape.at(-1)} values along its last axis (its shape is [${x.shape.join(', ')}]), but weight [${from}, ${to}] takes ${from}.`,
    );
  if (bias !== undefined) checkTensor(where, 'bias', bias, { dtype: 'float32', shape: [to] });
  needGradients();
  return tf.tidy(() => {
    const matrix = x.rank === 2 ? x : tf.reshape(x, [-1, from]);
    let y: Tensor;
    if (hasFamilyKernel('sparse', KERNEL)) {
      needGradient(linearGradient);
      y = runKernel<Tensor>(KERNEL, bias === undefined ? { x: matrix, weight } : { x: matrix, weight, bias });
    } else {
      const product = tf.matMul(matrix, weight);
      y = bias === undefined ? product : tf.add(product, bias);
    }
    return x.rank === 2 ? y : tf.reshape(y, [...x.shape.slice(0, -1), to]);
  });
}

/** That of the dense product: the gradient of an input that is 0 need not be 0. */
const linearGradient: GradConfig = defineGradient<[Tensor, Tensor]>({
  kernelName: KERNEL,
  inputsToSave: ['x', 'weight'],
  gradFunc: (dy, [x, weight]) => ({
    x: () => tf.matMul(dy, weight, false, true),
    weight: () => tf.matMul(x, dy, true, false),
    bias: () => tf.sum(dy, 0),
  }),
});
