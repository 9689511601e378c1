import { checkRate, checkSteps, type Schedule } from './schedule.ts';

/**
 * Rises in a straight line to the peak in `rise` steps, then falls as one over the square root of the step:
 * peak · min((step + 1) / rise, sqrt(rise / (step + 1))).
 *
 * A. Vaswani et al., "Attention Is All You Need", 2017, arXiv 1706.03762, whose rate is this with
 * peak = 1 / sqrt(width · rise).
 *
 * @throws {RangeError} if `peak` is negative or `rise` no whole number of at least 1.
 * @example
 * const schedule = inverseSquareRoot(1e-3, 4000);
 * schedule(15_999); // => 0.0005
 */
export function inverseSquareRoot(peak: number, rise: number): Schedule {
  checkRate('inverseSquareRoot', 'peak', peak);
  checkSteps('inverseSquareRoot', 'rise', rise);
  return (step) => peak * Math.min((step + 1) / rise, Math.sqrt(rise / (step + 1)));
}
