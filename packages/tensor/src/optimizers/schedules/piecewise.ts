import { checkNumber, describe } from '../../ops/arguments.ts';
import { checkRate, type Schedule } from './schedule.ts';

/**
 * Multiplied by `factor` at each of some steps: first · factor^(how many of them are at or before the step).
 * PyTorch's MultiStepLR.
 *
 * @param at Steps in rising order.
 * @throws {RangeError} if `first` is negative, `at` is not rising, or `factor` not above 0.
 * @example
 * const schedule = piecewise(0.1, [30, 60], 0.5);
 * schedule(60); // => 0.025
 */
export function piecewise(first: number, at: readonly number[], factor: number): Schedule {
  checkRate('piecewise', 'first', first);
  checkBoundaries('piecewise', 'at', at);
  checkNumber('piecewise', 'factor', factor, { above: 0 });
  const steps = [...at];
  return (step) => first * factor ** steps.filter((boundary) => boundary <= step).length;
}

/** @throws {RangeError} unless it is an array of whole numbers, each greater than the one before. */
export function checkBoundaries(where: string, name: string, at: unknown): void {
  const fine =
    Array.isArray(at) && at.every((step: number, index) => Number.isInteger(step) && step >= 0 && (index === 0 || step > at[index - 1]));
  if (!fine) throw new RangeError(`${where}: ${name} is ${describe(at)}, but must be an array of whole steps in rising order.`);
}
