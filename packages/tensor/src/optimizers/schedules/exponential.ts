import { checkOptions } from '../../ops/argument-kinds.ts';
import { checkNumber } from '../../ops/arguments.ts';
import { checkRate, checkSteps, type Schedule } from './schedule.ts';

export interface ExponentialOptions {
  /** Steps in which it is multiplied by `factor`. Default 1. */
  readonly every?: number;
  /** Whether it changes only once in `every` steps rather than a little in each. Default false. */
  readonly staircase?: boolean;
}

/**
 * Falls (or rises) by the same factor in the same time: first · factor^(step / every), the exponent rounded down if a staircase.
 * PyTorch's ExponentialLR is `exponential(rate, gamma)`, its StepLR `exponential(rate, gamma, { every, staircase: true })`.
 *
 * @throws {RangeError} if `first` is negative, `factor` not above 0, or `every` no whole number of at least 1.
 * @example
 * const schedule = exponential(0.1, 0.5, { every: 10, staircase: true });
 * schedule(19); // => 0.05
 */
export function exponential(first: number, factor: number, options: ExponentialOptions = {}): Schedule {
  const { every = 1, staircase = false } = checkOptions('exponential', options);
  checkRate('exponential', 'first', first);
  checkNumber('exponential', 'factor', factor, { above: 0 });
  checkSteps('exponential', 'every', every);
  return (step) => first * factor ** (staircase ? Math.floor(step / every) : step / every);
}
