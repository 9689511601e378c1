import { checkTensor } from '../validation.ts';
import { tidy, type Tensor } from '@tensorflow/tfjs-core';
import { layerNorm, rmsNorm, type NormOptions } from '@x/tensor';
import { checkOptions } from '@x/tensor/arguments';
import { scaled } from './scaled.ts';

/**
 * `layerNorm` of `@x/tensor`, which gives numbers of unit size anyhow; gradients of gamma and beta are divided by √rows.
 *
 * @throws {TypeError | RangeError} as it does.
 */
export function unitLayerNorm(x: Tensor, gamma: Tensor, beta: Tensor, options: NormOptions = {}): Tensor {
  checkOptions('unitLayerNorm', options);
  checkTensor('unitLayerNorm', 'x', x);
  checkTensor('unitLayerNorm', 'gamma', gamma);
  checkTensor('unitLayerNorm', 'beta', beta);
  const ofWeights = { backward: rootOfRows(x, gamma) };
  return tidy(() => layerNorm(x, scaled(gamma, ofWeights), scaled(beta, ofWeights), options));
}

/**
 * `rmsNorm` of `@x/tensor`, with the gradient of gamma divided by √rows.
 *
 * @throws {TypeError | RangeError} as it does.
 */
export function unitRmsNorm(x: Tensor, gamma: Tensor, options: NormOptions = {}): Tensor {
  checkOptions('unitRmsNorm', options);
  checkTensor('unitRmsNorm', 'x', x);
  checkTensor('unitRmsNorm', 'gamma', gamma);
  return tidy(() => rmsNorm(x, scaled(gamma, { backward: rootOfRows(x, gamma) }), options));
}

function rootOfRows(x: Tensor, gamma: Tensor): number {
  return (gamma.size / Math.max(x.size, 1)) ** 0.5;
}
