import { checkRate, type Schedule } from './schedule.ts';

/**
 * The same value at every step; a part for {@link join}.
 *
 * @throws {RangeError} if the value is negative or not finite.
 */
export function constant(value: number): Schedule {
  checkRate('constant', 'value', value);
  return () => value;
}
