import { checkOptions } from '../../ops/argument-kinds.ts';
import { checkNumber } from '../../ops/arguments.ts';
import { checkRate, checkSteps, type Schedule } from './schedule.ts';

export interface CosineOptions {
  /** Value at the end and after it. Default 0. */
  readonly end?: number;
}

export interface CosineRestartsOptions extends CosineOptions {
  /** How many times as long each period is as the one before. Default 1. */
  readonly growth?: number;
}

/**
 * Falls along half a cosine in a number of steps: end + (peak - end) (1 + cos(pi min(step / steps, 1))) / 2.
 *
 * I. Loshchilov, F. Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2016, arXiv 1608.03983, without
 * restarts; PyTorch's CosineAnnealingLR up to T_max, after which that one rises again and this one stays.
 *
 * @throws {RangeError} if a value is negative or `steps` no whole number of at least 1.
 * @example
 * const schedule = cosine(0.1, 1000);
 * schedule(500); // => 0.05
 */
export function cosine(peak: number, steps: number, options: CosineOptions = {}): Schedule {
  const { end = 0 } = checkOptions('cosine', options);
  checkRate('cosine', 'peak', peak);
  checkSteps('cosine', 'steps', steps);
  checkRate('cosine', 'end', end);
  return (step) => (step >= steps ? end : fall(peak, end, step / steps));
}

/**
 * {@link cosine} again and again: it jumps back to the peak after `period` steps, then after `period · growth` more, ...
 *
 * The same paper, its section 3; PyTorch's CosineAnnealingWarmRestarts with T_0 = period, T_mult = growth.
 *
 * @throws {RangeError} if a value is negative, or `period` or `growth` no whole number of at least 1.
 * @example
 * const schedule = cosineRestarts(0.1, 10, { growth: 2 });
 * [schedule(0), schedule(10), schedule(20), schedule(30)]; // => [0.1, 0.1, 0.05, 0.1]
 */
export function cosineRestarts(peak: number, period: number, options: CosineRestartsOptions = {}): Schedule {
  const { end = 0, growth = 1 } = checkOptions('cosineRestarts', options);
  checkRate('cosineRestarts', 'peak', peak);
  checkSteps('cosineRestarts', 'period', period);
  checkRate('cosineRestarts', 'end', end);
  checkNumber('cosineRestarts', 'growth', growth, { least: 1, whole: true });
  return (step) => {
    if (growth === 1) return fall(peak, end, (step % period) / period);
    let length = period;
    let at = step;
    // As many turns as there were restarts, whose lengths grow: about the logarithm of step.
    while (at >= length) {
      at -= length;
      length *= growth;
    }
    return fall(peak, end, at / length);
  };
}

/** Half a cosine from `peak` at 0 to `end` at 1. */
export function fall(peak: number, end: number, progress: number): number {
  const kept = (1 + Math.cos(Math.PI * progress)) / 2;
  return peak * kept + end * (1 - kept);
}
