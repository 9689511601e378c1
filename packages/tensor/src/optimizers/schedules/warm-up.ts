import { checkRate, checkSchedule, checkSteps, type Schedule } from './schedule.ts';
import { checkOptions } from '../../ops/argument-kinds.ts';

export interface WarmUpOptions {
  /** Value before the rise. Default 0, which no step uses: the first one is a step above it. */
  readonly from?: number;
}

/**
 * Rises in a straight line to the first value of a schedule, then follows it: at step s < steps it is
 * from + (then(0) - from) (s + 1) / steps, afterwards then(s - steps).
 *
 * @throws {RangeError | TypeError} if `then` is no schedule, `steps` no whole number of at least 1, or `from` negative.
 * @example
 * const schedule = warmUp(cosine(0.1, 1000), 4);
 * schedule(0); // => 0.025
 */
export function warmUp(then: Schedule, steps: number, options: WarmUpOptions = {}): Schedule {
  const { from = 0 } = checkOptions('warmUp', options);
  checkSchedule('warmUp', 'then', then);
  checkSteps('warmUp', 'steps', steps);
  checkRate('warmUp', 'from', from);
  return (step) => (step < steps ? from + (then(0) - from) * ((step + 1) / steps) : then(step - steps));
}
