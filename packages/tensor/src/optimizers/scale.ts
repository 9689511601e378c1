import { mul, tidy } from '@tensorflow/tfjs-core';
import { checkNumber } from '../ops/arguments.ts';
import { mapGradients } from './map-gradients.ts';
import { stateless, type GradientTransform } from './optimizer.ts';
import type { Schedule } from './schedules/schedule.ts';

/**
 * Multiplies all gradients by a factor, or by what a schedule gives for the step.
 *
 * @throws {RangeError} if the factor is not finite, in use if the schedule's isn't.
 */
export function scale(factor: number | Schedule): GradientTransform {
  if (typeof factor !== 'function') checkNumber('scale', 'factor', factor, { remedy: 'Give a number, or a schedule (step) => number.' });
  return {
    init: stateless,
    transform: (gradients, { step }) => {
      const by = typeof factor === 'function' ? factor(step) : factor;
      checkNumber('scale', `factor(${step})`, by, { remedy: 'Mend the schedule.' });
      return tidy(() => mapGradients(gradients, (gradient) => mul(gradient, by)));
    },
  };
}
