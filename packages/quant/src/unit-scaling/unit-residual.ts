import { add, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { needGradients } from '@x/tensor';
import { checkOptions, checkTensor } from '@x/tensor/arguments';
import { checkFunction, checkNumber } from '../validation.ts';
import { scaled } from './scaled.ts';

/**
 * (a + b) / √2, of the same shape. Both gradients are divided by √2 too.
 *
 * @throws {TypeError | RangeError} if they are no float32 tensors of one shape.
 */
export function unitAdd(a: Tensor, b: Tensor): Tensor {
  checkTensor('unitAdd', 'a', a, { dtype: 'float32' });
  checkTensor('unitAdd', 'b', b, { dtype: 'float32', shape: a.shape });
  const half = { forward: Math.SQRT1_2, backward: Math.SQRT1_2 };
  needGradients();
  return tidy(() => add(scaled(a, half), scaled(b, half)));
}

export interface UnitResidualOptions {
  /** Part of the sum's variance that comes from the branch, between 0 and 1. Default 0.1. */
  readonly tau?: number;
}

/**
 * A residual connection of unit size: √(1 - tau)·x + √tau·branch(x). The gradient enters the branch in full, so that within it has unit
 * size, and is multiplied by √tau where it leaves.
 *
 * @throws {TypeError | RangeError} if the branch gives another shape, or tau is out of range.
 *
 * C. Blake et al., 2023, arXiv 2303.11257, "weighted residual addition"; with tau as in the authors' library.
 */
export function unitResidual(x: Tensor, branch: (x: Tensor) => Tensor, options: UnitResidualOptions = {}): Tensor {
  const { tau = 0.1 } = checkOptions('unitResidual', options);
  checkFunction('unitResidual', 'branch', branch);
  return weightedResidual('unitResidual', x, branch, (past) => past, { tau, ratio: 1 });
}

/** With a shortcut, and gradients of the branch that are too large by a ratio when they leave it. */
export function weightedResidual(
  where: string,
  x: Tensor,
  branch: (x: Tensor) => Tensor,
  shortcut: (x: Tensor) => Tensor,
  { tau, ratio, shortcutRatio = 1 }: { readonly tau: number; readonly ratio: number; readonly shortcutRatio?: number },
): Tensor {
  checkNumber(where, 'tau', tau, { above: 0, below: 1 });
  checkTensor(where, 'x', x, { dtype: 'float32' });
  needGradients();
  const [within, past] = [Math.sqrt(tau), Math.sqrt(1 - tau)];
  return tidy(() => {
    const through = branch(scaled(x, { backward: within * ratio }));
    const beside = shortcut(scaled(x, { backward: past * shortcutRatio }));
    checkTensor(where, 'branch(x)', through, { dtype: 'float32', shape: beside.shape });
    return add(scaled(beside, { forward: past }), scaled(through, { forward: within }));
  });
}
