import { addN, div, maximum, mul, sqrt, square, sum, tidy } from '@tensorflow/tfjs-core';
import { checkNumber } from '../ops/arguments.ts';
import type { GradientTransform } from './optimizer.ts';

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
    init: () => ({ step: 0, slots: {} }),
    transform: (gradients) => {
      const entries = Object.entries(gradients);
      if (entries.length === 0) return gradients;
      return tidy(() => {
        const whole = sqrt(addN(entries.map(([, gradient]) => sum(square(gradient)))));
        const factor = div(norm, maximum(whole, norm));
        return Object.fromEntries(entries.map(([name, gradient]) => [name, mul(gradient, factor)]));
      });
    },
  };
}
