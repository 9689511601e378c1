import { addN, div, maximum, mul, sqrt, square, sum, tidy } from '@tensorflow/tfjs-core';
import { checkNumber } from '../ops/arguments.ts';
import { mapGradients } from './map-gradients.ts';
import { stateless, type GradientTransform } from './optimizer.ts';

/**
 * Scales all gradients by one factor so that their joint Euclidean norm is at most `norm`: g · norm / max(norm, |g|).
 *
 * @param norm Above 0.
 * @throws {RangeError} if it isn't.
 *
 * R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural networks", 2012, arXiv 1211.5063;
 * without the 1e-6 that PyTorch adds to the norm.
 */
export function clipByGlobalNorm(norm: number): GradientTransform {
  checkNumber('clipByGlobalNorm', 'norm', norm, { above: 0 });
  return {
    init: stateless,
    transform: (gradients) => {
      const all = Object.values(gradients);
      if (all.length === 0) return gradients;
      return tidy(() => {
        const factor = div(norm, maximum(sqrt(addN(all.map((gradient) => sum(square(gradient))))), norm));
        return mapGradients(gradients, (gradient) => mul(gradient, factor));
      });
    },
  };
}
