import { checkRate, checkSteps, type Schedule } from './schedule.ts';

/**
 * In a straight line from one value to another in a number of steps, then the other: from + (to - from) min(step / steps, 1).
 *
 * @throws {RangeError} if a value is negative or `steps` no whole number of at least 1.
 * @example
 * const schedule = linear(0, 0.1, 10);
 * schedule(5); // => 0.05
 */
export function linear(from: number, to: number, steps: number): Schedule {
  checkRate('linear', 'from', from);
  checkRate('linear', 'to', to);
  checkSteps('linear', 'steps', steps);
  return (step) => (step >= steps ? to : from + (to - from) * (step / steps));
}
