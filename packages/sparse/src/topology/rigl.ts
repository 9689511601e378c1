import { checkOptions } from '@x/tensor/arguments';
import type { Rewiring } from '@x/tensor/sparse';
import { checkChoice, checkFraction, checkNumber, checkObject } from '../validation.ts';
import { checkPeriod, fractionAt, fractionSchedules, isDue, type FractionSchedule } from './schedule.ts';
import type { LayerView, Topology } from './topology.ts';

export interface RiglOptions {
  /** Steps from one change to the next. Default 100. */
  readonly every?: number;
  /** Part of the links that is replaced at first. Default 0.3. */
  readonly fraction?: number;
  /** Steps after which nothing changes any more; the paper's is 3/4 of training. */
  readonly until: number;
  /** How the fraction falls until then. Default `cosine`. */
  readonly schedule?: FractionSchedule;
  /** Steps up to a change over whose gradients links are chosen; above 1 they take memory. Default 1. */
  readonly accumulate?: number;
}

/**
 * RigL: every so many steps the weakest links go, and those grow whose gradient is largest, with the value 0.
 *
 *   k = fraction(t) · non-zeros,   fraction(t) = fraction / 2 · (1 + cos(pi t / until))
 *
 * Links that just went may come back, and then keep their value. The change takes the place of its step's update. The
 * gradient of absent links is looked at a tile at a time, never stored: between steps nothing is held but the non-zeros. With `accumulate`
 * above 1 the factors of those steps' gradients are held until the change, and are part of the state that {@link topologyTensors} saves:
 * 4 · accumulate · batch · (inputs + units) bytes a layer, more than its dense gradient if accumulate · batch is above
 * inputs · units / (inputs + units).
 *
 * While training it throws, and changes nothing, if gradients are NaN.
 *
 * @throws {RangeError} if an option is out of range.
 *
 * U. Evci et al., "Rigging the Lottery: Making All Tickets Winners", 2019, arXiv 1911.11134.
 */
export function rigl(options: RiglOptions): Topology {
  checkObject('rigl', 'options', options, ['until']);
  checkOptions('rigl', options);
  const { every = 100, fraction = 0.3, until, schedule = 'cosine', accumulate = 1 } = options;
  checkFraction('rigl', 'fraction', fraction);
  checkChoice('rigl', 'schedule', schedule, fractionSchedules);
  const period = { every, begin: every, end: until - 1 };
  checkNumber('rigl', 'until', until, { least: 1, whole: true });
  checkPeriod('rigl', { ...period, end: Math.max(until - 1, every) });
  checkNumber('rigl', 'accumulate', accumulate, { least: 1, most: every, whole: true });
  const due = (step: number): boolean => isDue(period, step);
  return {
    name: 'rigl',
    replacesStep: true,
    due,
    watches: (step) => Array.from({ length: accumulate }, (_, ahead) => step + ahead).some(due),
    plan: (layers, step) =>
      layers.map((layer) => dropAndGrow(layer, Math.floor(fractionAt(schedule, fraction, step / until) * layer.pattern.nonZeros))),
  };
}

function dropAndGrow({ strongest, pattern, largestGradients }: LayerView, count: number): Rewiring | undefined {
  if (count === 0) return undefined;
  const keep = strongest(pattern.nonZeros - count);
  const grown = largestGradients(keep, count);
  if (grown.length < count)
    throw new Error(
      `rigl: only ${grown.length} of ${count} links could grow, because gradients are NaN; lower the learning rate or look for what makes the loss NaN.`,
    );
  return { keep, grown };
}
