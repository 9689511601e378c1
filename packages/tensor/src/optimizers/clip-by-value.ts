import { clipByValue as clip, tidy } from '@tensorflow/tfjs-core';
import { checkNumber } from '../ops/arguments.ts';
import { mapGradients } from './map-gradients.ts';
import { stateless, type GradientTransform } from './optimizer.ts';

/**
 * Puts each element of each gradient between -limit and limit: min(max(g, -limit), limit). NaN stays NaN.
 *
 * @param limit Above 0.
 * @throws {RangeError} if it isn't.
 */
export function clipByValue(limit: number): GradientTransform {
  checkNumber('clipByValue', 'limit', limit, { above: 0 });
  return {
    init: stateless,
    transform: (gradients) => tidy(() => mapGradients(gradients, (gradient) => clip(gradient, -limit, limit))),
  };
}
