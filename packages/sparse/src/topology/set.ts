import { random, type Key } from '@x/tensor';
import { keepLargest } from '@x/tensor/sparse';
import { checkOptions } from '@x/tensor/arguments';
import { drawAbsent } from '../pattern/absent.ts';
import { takenBy } from '../pattern/taken.ts';
import { checkChoice, checkFraction, checkNumber, checkObject } from '../validation.ts';
import type { ValuedRewiring } from './apply-rewiring.ts';
import { checkPeriod, fractionAt, fractionSchedules, isDue, type FractionSchedule } from './schedule.ts';
import type { LayerView, Topology } from './topology.ts';

export interface SetOptions {
  /** Steps from one change to the next; the paper's is an epoch. */
  readonly every: number;
  /** Part of the links that is replaced each time, the paper's zeta. Default 0.3. */
  readonly fraction?: number;
  /** The last step that may change something. Default: none. */
  readonly until?: number;
  /** How the fraction falls until then; all but `constant`, the paper's and the default, need `until`. */
  readonly schedule?: FractionSchedule;
  /**
   * Which links go. `sign`, the paper's: of the positive ones the part nearest 0, and of the negative ones, and all that
   * are 0; `magnitude`, as RigL's authors have it: of all the part nearest 0. Default `sign`.
   */
  readonly drop?: 'sign' | 'magnitude';
  /** Standard deviation of new links' values, 0 for 0. Default 0.1. */
  readonly std?: number;
}

/**
 * Sparse Evolutionary Training: after every so many steps the weakest links go and as many grow at random places.
 *
 * @throws {RangeError} if an option is out of range.
 *
 * D. C. Mocanu et al., "Scalable training of artificial neural networks with adaptive sparse connectivity inspired by
 * network science", 2018, arXiv 1707.04780.
 */
export function set(options: SetOptions): Topology {
  checkObject('set', 'options', options, ['every']);
  checkOptions('set', options);
  const { every, fraction = 0.3, until = Infinity, schedule = 'constant', drop = 'sign', std = 0.1 } = options;
  checkFraction('set', 'fraction', fraction);
  checkChoice('set', 'drop', drop, ['sign', 'magnitude']);
  checkNumber('set', 'std', std, { least: 0 });
  checkChoice('set', 'schedule', schedule, fractionSchedules);
  if (schedule !== 'constant') checkNumber('set', 'until', until, { least: 1, remedy: `The fraction falls until then by '${schedule}'.` });
  const period = { every, begin: every - 1, end: until };
  checkPeriod('set', period);
  return {
    name: 'set',
    replacesStep: false,
    due: (step) => isDue(period, step),
    watches: () => false,
    *plan(layers, step) {
      const part = fractionAt(schedule, fraction, step / until);
      const keepOf = drop === 'sign' ? keepBySign : keepByMagnitude;
      const draw = std > 0 ? (count: number, key: Key): Float32Array => normal(key, count, std) : undefined;
      for (const layer of layers) yield replaceDropped(layer, keepOf(layer.values, part), layer.pattern.nonZeros, draw);
    },
  };
}

/** Fills up to `count` links at random places, with values that are drawn or 0. */
export function replaceDropped(
  { pattern, key }: Pick<LayerView, 'pattern' | 'key'>,
  keep: Uint8Array,
  count: number,
  draw?: (count: number, key: Key) => Float32Array,
): ValuedRewiring {
  const [forPlaces, forValues] = random.split(key, 2);
  const taken = takenBy(pattern, keep);
  const grown = drawAbsent(taken, count - taken.count, forPlaces);
  return { keep, grown, ...(draw ? { grownValues: draw(grown.length, forValues) } : {}) };
}

function keepByMagnitude(values: Float32Array, fraction: number): Uint8Array {
  return keepLargest(values, values.length - Math.floor(fraction * values.length), { by: 'magnitude' });
}

/** Of the values above 0 and of those below, each all but the fraction nearest 0; none that are 0. */
export function keepBySign(values: Float32Array, fraction: number): Uint8Array {
  let [positive, negative] = [0, 0];
  for (let q = 0; q < values.length; q++) {
    if (values[q]! > 0) positive++;
    else if (values[q]! < 0) negative++;
  }
  const keep = keepLargest(values, positive - Math.floor(fraction * positive));
  const below = keepLargest(values, negative - Math.floor(fraction * negative), { by: 'negated' });
  for (let q = 0; q < keep.length; q++) keep[q]! |= below[q]!;
  return keep;
}

function normal(key: Key, count: number, std: number): Float32Array {
  const drawn = random.normal(key, [count], { std });
  const values = drawn.dataSync().slice() as Float32Array;
  drawn.dispose();
  return values;
}
