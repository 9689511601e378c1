import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { defineGradient } from '../gradients/define-gradient.ts';
import { checkTensor } from './arguments.ts';
import { hasKernel, needGradient, needGradients, runKernel } from './kernel.ts';

const KERNEL = 'XEmbedding';

/**
 * Rows of a table by their numbers: y[..., :] = table[ids[...], :].
 *
 * The table's gradient is dense: row i of it is the sum of dy over the places where ids is i, added up in their order,
 * so that it is the same for any number of threads.
 *
 * @param table float32[rows, width].
 * @param ids int32 of any shape, each at least 0 and less than `rows`; not differentiated.
 * @returns float32[...ids.shape, width], differentiable in table.
 * @throws {TypeError | RangeError} if an argument has another dtype or shape.
 * @throws {Error} if an id is out of range.
 * @example
 * embedding(tf.tensor2d([[1, 2], [3, 4]]), tf.tensor1d([1, 1, 0], 'int32')).print(); // [[3, 4], [3, 4], [1, 2]]
 */
export function embedding(table: Tensor, ids: Tensor): Tensor {
  checkTensor('embedding', 'table', table, { dtype: 'float32', rank: 2 });
  checkTensor('embedding', 'ids', ids, { dtype: 'int32' });
  needGradients();
  if (!hasKernel(KERNEL)) return tf.gather(table, ids);
  needGradient(embeddingGradient);
  return runKernel<Tensor>(KERNEL, { table, ids }, { rows: table.shape[0] });
}

const embeddingGradient: GradConfig = defineGradient<[Tensor], { rows: number }>({
  kernelName: KERNEL,
  inputsToSave: ['ids'],
  gradFunc: (dy, [ids], { rows }) => ({
    table: () => runKernel<Tensor>('XEmbeddingGrad', { dy, ids }, { rows }),
    ids: () => tf.zeros(ids.shape),
  }),
});
