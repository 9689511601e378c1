import { add, matMul, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { linear, needGradients, type ActivationName } from '@x/tensor';
import { checkOptions, checkTensor } from '@x/tensor/arguments';
import { constrained, type ScaleConstraint } from './constraint.ts';
import { scaled } from './scaled.ts';
import { unitActivation } from './unit-activation.ts';

export interface UnitLinearOptions {
  /** Default `linear`: none. */
  readonly activation?: ActivationName;
  /** Of `leakyRelu` below 0. Default 0.01. */
  readonly slope?: number;
  /** Default `mean`. */
  readonly constraint?: ScaleConstraint;
}

/**
 * A linear map of unit size: x·W / √in + b, whose gradients are divided by √out for x and by √rows for W and b.
 *
 * @param x float32[..., in] of unit size.
 * @param weight float32[in, out] of unit size: drawn from a normal distribution of standard deviation 1.
 * @param bias float32[out], first 0; none if left out.
 * @throws {TypeError | RangeError} as `linear` of `@x/tensor`, or if the constraint is unknown.
 *
 * C. Blake et al., 2023, arXiv 2303.11257; the bias is added after the factor.
 */
export function unitLinear(x: Tensor, weight: Tensor, bias?: Tensor, options: UnitLinearOptions = {}): Tensor {
  const { activation = 'linear', slope, constraint = 'mean' } = checkOptions('unitLinear', options);
  checkTensor('unitLinear', 'weight', weight, { dtype: 'float32', rank: 2 });
  checkTensor('unitLinear', 'x', x, { dtype: 'float32', leastRank: 1 });
  if (bias !== undefined) checkTensor('unitLinear', 'bias', bias, { dtype: 'float32' });
  const [from, to] = weight.shape as [number, number];
  const [forward, backward] = constrained('unitLinear', from ** -0.5, to ** -0.5, constraint);
  const ofWeights = { backward: (x.size / from) ** -0.5 };
  return tidy(() => {
    const product = scaled(linear(scaled(x, { backward }), scaled(weight, ofWeights)), { forward });
    const sum = bias === undefined ? product : add(product, scaled(bias, ofWeights));
    return activation === 'linear' ? sum : unitActivation(sum, activation, { constraint, ...(slope !== undefined && { slope }) });
  });
}

/**
 * A product of matrices of unit size, a·b / √inner; gradients are divided by the square root of the size that is summed over.
 *
 * @param a float32[..., m, inner].
 * @param b float32[..., inner, n].
 * @param constraint Of the value with both gradients. Default `mean`.
 * @throws {TypeError | RangeError} if the shapes don't fit, or the constraint is unknown.
 */
export function unitMatMul(a: Tensor, b: Tensor, options: { readonly constraint?: ScaleConstraint } = {}): Tensor {
  const { constraint = 'mean' } = checkOptions('unitMatMul', options);
  checkTensor('unitMatMul', 'a', a, { dtype: 'float32', leastRank: 2 });
  checkTensor('unitMatMul', 'b', b, { dtype: 'float32', leastRank: 2 });
  needGradients();
  const [m, inner, n] = [a.shape.at(-2) as number, a.shape.at(-1) as number, b.shape.at(-1) as number];
  const own = [inner, n, m].map((size) => size ** -0.5) as [number, number, number];
  // Three factors share one mean.
  const both = constraint === 'output' ? own[0] : Math.cbrt(own[0] * own[1] * own[2]);
  constrained('unitMatMul', 1, 1, constraint);
  const [forward, ofA, ofB] = constraint === 'none' ? own : [both, both, both];
  return tidy(() => scaled(matMul(scaled(a, { backward: ofA }), scaled(b, { backward: ofB })), { forward }));
}
