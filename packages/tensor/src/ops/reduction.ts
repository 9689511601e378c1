import { mean, sum, type Tensor } from '@tensorflow/tfjs-core';

/** What is made of the losses of the examples. */
export type Reduction = 'mean' | 'sum' | 'none';

export const reductions: readonly Reduction[] = ['mean', 'sum', 'none'];

export function reduceLoss(losses: Tensor, reduction: Reduction): Tensor {
  if (reduction === 'none') return losses;
  return reduction === 'sum' ? sum(losses) : mean(losses);
}
