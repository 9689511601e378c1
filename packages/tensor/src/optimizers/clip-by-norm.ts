import { div, maximum, mul, sqrt, square, sum, tidy } from '@tensorflow/tfjs-core';
import { checkNumber } from '../ops/arguments.ts';
import { mapGradients } from './map-gradients.ts';
import { stateless, type GradientTransform } from './optimizer.ts';

/**
 * Scales each gradient by itself so that its Euclidean norm is at most `norm`: g · norm / max(norm, |g|).
 * {@link clipByGlobalNorm} keeps the direction of all of them together, this one doesn't.
 *
 * @param norm Above 0.
 * @throws {RangeError} if it isn't.
 */
export function clipByNorm(norm: number): GradientTransform {
  checkNumber('clipByNorm', 'norm', norm, { above: 0 });
  return {
    init: stateless,
    transform: (gradients) =>
      tidy(() => mapGradients(gradients, (gradient) => mul(gradient, div(norm, maximum(sqrt(sum(square(gradient))), norm))))),
  };
}
