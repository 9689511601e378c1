import { clone, customGrad, mul, type Tensor } from '@tensorflow/tfjs-core';
import { checkOptions, checkTensor } from '@x/tensor/arguments';
import { checkNumber } from '../validation.ts';

export interface ScaleFactors {
  /** Of the value. Default 1. */
  readonly forward?: number;
  /** Of the gradient, whatever that of the value. Default 1. */
  readonly backward?: number;
}

/**
 * forward · x, whose gradient is backward · dy.
 *
 * @throws {TypeError | RangeError} if x is no float32 tensor or a factor is no finite number.
 * @example
 * scaled(x, { backward: 0.5 }); // x itself, but half its gradient
 *
 * C. Blake, D. Orr, C. Luschi, "Unit Scaling: Out-of-the-Box Low-Precision Training", 2023, arXiv 2303.11257, section 3.
 */
export function scaled(x: Tensor, options: ScaleFactors = {}): Tensor {
  const { forward = 1, backward = 1 } = checkOptions('scaled', options);
  checkTensor('scaled', 'x', x, { dtype: 'float32' });
  checkNumber('scaled', 'forward', forward);
  checkNumber('scaled', 'backward', backward);
  const times = (value: Tensor, factor: number): Tensor => (factor === 1 ? clone(value) : mul(value, factor));
  return customGrad((value) => ({
    value: times(value as Tensor, forward),
    gradFunc: (dy: Tensor) => times(dy, backward),
  }))(x);
}
