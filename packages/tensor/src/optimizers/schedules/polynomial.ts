import { checkOptions } from '../../ops/argument-kinds.ts';
import { checkNumber } from '../../ops/arguments.ts';
import { checkRate, checkSteps, type Schedule } from './schedule.ts';

export interface PolynomialOptions {
  /** 1 is a straight line. Default 1. */
  readonly power?: number;
}

/**
 * From one value to another in a number of steps, then the other: to + (from - to) (1 - min(step / steps, 1))^power.
 * PyTorch's PolynomialLR is `polynomial(rate, 0, steps, { power })`.
 *
 * @throws {RangeError} if a value is negative, `steps` no whole number of at least 1, or `power` not above 0.
 * @example
 * const schedule = polynomial(1, 0, 4, { power: 2 });
 * schedule(2); // => 0.25
 */
export function polynomial(from: number, to: number, steps: number, options: PolynomialOptions = {}): Schedule {
  const { power = 1 } = checkOptions('polynomial', options);
  checkRate('polynomial', 'from', from);
  checkRate('polynomial', 'to', to);
  checkSteps('polynomial', 'steps', steps);
  checkNumber('polynomial', 'power', power, { above: 0 });
  return (step) => (step >= steps ? to : to + (from - to) * (1 - step / steps) ** power);
}
