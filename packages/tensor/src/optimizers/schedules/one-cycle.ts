import { checkOptions } from '../../ops/argument-kinds.ts';
import { checkNumber } from '../../ops/arguments.ts';
import { fall } from './cosine.ts';
import { checkRate, checkSteps, type Schedule } from './schedule.ts';

export interface OneCycleOptions {
  /** Part of the steps in which it rises. Default 0.3. */
  readonly rise?: number;
  /** The first value is peak / start. Default 25. */
  readonly start?: number;
  /** The last value is peak / (start · end). Default 10,000. */
  readonly end?: number;
}

/**
 * Rises along half a cosine from peak / start to the peak, then falls along another to peak / (start · end), which the
 * last step, number steps - 1, and all after it have.
 *
 * L. N. Smith, N. Topin, "Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates", 2017,
 * arXiv 1708.07120, with cosines for its straight lines and without cycling the momentum: PyTorch's OneCycleLR with
 * pct_start = rise, div_factor = start, final_div_factor = end.
 *
 * @throws {RangeError} if `peak` is negative, `steps` no whole number of at least 2, or an option is out of range.
 * @example
 * const schedule = oneCycle(0.1, 101, { rise: 0.5 });
 * [schedule(0), schedule(49.5)]; // => [0.004, 0.1]
 */
export function oneCycle(peak: number, steps: number, options: OneCycleOptions = {}): Schedule {
  const { rise = 0.3, start = 25, end = 1e4 } = checkOptions('oneCycle', options);
  checkRate('oneCycle', 'peak', peak);
  checkSteps('oneCycle', 'steps', steps);
  checkNumber('oneCycle', 'steps', steps, { least: 2 });
  checkNumber('oneCycle', 'rise', rise, { above: 0, below: 1 });
  checkNumber('oneCycle', 'start', start, { least: 1 });
  checkNumber('oneCycle', 'end', end, { least: 1 });
  // Where a cycle is too short to rise in, it begins at the peak.
  const top = Math.max(rise * steps - 1, 0);
  const last = steps - 1;
  const first = peak / start;
  return (step) => {
    if (step >= last) return first / end;
    if (top > 0 && step <= top) return fall(first, peak, step / top);
    return fall(peak, first / end, (step - top) / (last - top));
  };
}
