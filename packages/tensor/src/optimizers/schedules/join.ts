import { describe } from '../../ops/arguments.ts';
import { checkBoundaries } from './piecewise.ts';
import { checkSchedule, type Schedule } from './schedule.ts';

/**
 * Schedules one after another: the first until step at[0], from there the second, which counts its steps from 0, and so on.
 *
 * @param at Steps in rising order, one fewer than there are schedules.
 * @throws {RangeError | TypeError} if an element is no schedule, or `at` is not rising or not one shorter.
 * @example
 * const schedule = join([linear(0, 0.1, 10), constant(0.1), cosine(0.1, 50)], [10, 100]);
 * schedule(125); // => 0.05
 */
export function join(schedules: readonly Schedule[], at: readonly number[]): Schedule {
  if (!Array.isArray(schedules)) throw new TypeError(`join: schedules is ${describe(schedules)}, but must be an array of schedules.`);
  schedules.forEach((schedule, index) => checkSchedule('join', `schedules[${index}]`, schedule));
  checkBoundaries('join', 'at', at);
  if (at.length !== schedules.length - 1)
    throw new RangeError(
      `join: at has ${at.length} steps for ${schedules.length} schedules, but must have one fewer: the steps at which the next takes over.`,
    );
  const [parts, boundaries] = [[...schedules] as readonly Schedule[], [...at]];
  return (step) => {
    const index = boundaries.filter((boundary) => boundary <= step).length;
    return (parts[index] as Schedule)(step - (boundaries[index - 1] ?? 0));
  };
}
