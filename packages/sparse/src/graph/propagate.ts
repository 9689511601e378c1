import { checkObject, checkTensor } from '../validation.ts';
import { tidy, transpose, type Tensor } from '@tensorflow/tfjs-core';
import { csrLinear, type CsrPattern } from '@x/tensor/sparse';

/**
 * What each node gets from its neighbors: S·h, S [nodes, nodes] sparse, h [nodes, features]; differentiable once in the
 * values and h, in time of non-zeros times features.
 *
 * @throws {TypeError | RangeError} if an argument has another dtype or shape.
 */
export function propagate(values: Tensor, pattern: CsrPattern, h: Tensor): Tensor {
  checkTensor('propagate', 'values', values);
  checkObject('propagate', 'pattern', pattern, ['pointers']);
  checkTensor('propagate', 'h', h);
  return tidy(() => transpose(csrLinear(transpose(h), values, pattern)));
}
