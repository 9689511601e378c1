import { checkTensor } from '../validation.ts';
import { tidy, type Tensor } from '@tensorflow/tfjs-core';
import { embedding } from '@x/tensor';
import { scaled } from './scaled.ts';

/**
 * Rows of a table of unit size, whose gradient is divided by √(ids / rows): how often each is looked up, if all are alike.
 *
 * @param weight float32[rows, width], of standard deviation 1.
 * @throws {TypeError | RangeError} as `embedding` of `@x/tensor`.
 */
export function unitEmbedding(weight: Tensor, ids: Tensor): Tensor {
  checkTensor('unitEmbedding', 'weight', weight);
  checkTensor('unitEmbedding', 'ids', ids);
  return tidy(() => embedding(scaled(weight, { backward: ((weight.shape[0] as number) / Math.max(ids.size, 1)) ** 0.5 }), ids));
}
