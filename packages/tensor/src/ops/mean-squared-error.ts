import { squaredDifference, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { checkOptions } from './argument-kinds.ts';
import { checkChoice, checkTensor } from './arguments.ts';
import { needGradients } from './kernel.ts';
import { reduceLoss, reductions, type Reduction } from './reduction.ts';

export interface MeanSquaredErrorOptions {
  /** Default `mean`, over all elements. */
  readonly reduction?: Reduction;
}

/**
 * Squared error (output - target)², reduced over all elements.
 *
 * @param output float32 of any shape.
 * @param target float32 of the same shape.
 * @returns float32[] for `mean` and `sum`, the shape of output for `none`; differentiable in both.
 * @throws {TypeError | RangeError} if an argument has another dtype or their shapes differ.
 */
export function meanSquaredError(output: Tensor, target: Tensor, options: MeanSquaredErrorOptions = {}): Tensor {
  const { reduction = 'mean' } = checkOptions('meanSquaredError', options);
  checkTensor('meanSquaredError', 'output', output, { dtype: 'float32' });
  checkTensor('meanSquaredError', 'target', target, { dtype: 'float32', shape: output.shape, remedy: 'It has the shape of output.' });
  checkChoice('meanSquaredError', 'reduction', reduction, reductions);
  needGradients();
  return tidy(() => reduceLoss(squaredDifference(output, target), reduction));
}
