import { checkOptions } from '@x/tensor/arguments';
import { checkFraction, checkObject } from '../validation.ts';
import { checkPeriod, isDue } from './schedule.ts';
import type { Rows } from '../pattern/rows.ts';
import type { Topology } from './topology.ts';

export interface ImportancePruningOptions {
  /** Steps from one pruning to the next. */
  readonly every: number;
  /** The first step that may prune. */
  readonly begin: number;
  /** The last step that may. Default: none. */
  readonly until?: number;
  /** Part of the units, the least important, that loses its links. Default 0.2. */
  readonly fraction?: number;
  /** Whether the last of the layers, taken to be the output, is left as it is. Default true. */
  readonly keepLast?: boolean;
}

/**
 * Pruning of hidden neurons by importance: the units whose incoming links are least in sum of |w| lose these links; units
 * that have none any more count among them, so pruning again takes no others unless these have grown links.
 * {@link trim} gives the room back, {@link compact} leaves the units out.
 *
 * @throws {RangeError} if an option is out of range.
 *
 * S. Curci, D. C. Mocanu, M. Pechenizkiy, "Truly Sparse Neural Networks at Scale", 2021, arXiv 2102.01732.
 */
export function importancePruning(options: ImportancePruningOptions): Topology {
  checkObject('importancePruning', 'options', options, ['every', 'begin']);
  checkOptions('importancePruning', options);
  const { every, begin, until = Infinity, fraction = 0.2, keepLast = true } = options;
  checkFraction('importancePruning', 'fraction', fraction);
  const period = { every, begin, end: until };
  checkPeriod('importancePruning', period);
  return {
    name: 'importancePruning',
    replacesStep: false,
    due: (step) => isDue(period, step),
    watches: () => false,
    plan: (layers) =>
      layers.map(({ pattern, values }, index) =>
        keepLast && index === layers.length - 1
          ? undefined
          : { keep: keepImportant(pattern, values, fraction), grown: new Float64Array(0) },
      ),
  };
}

/** 1 for the links of units whose sum of |w| is above the given quantile of all units' (by linear interpolation, as the authors' code has it). */
export function keepImportant({ rows, pointers }: Rows, values: Float32Array, fraction: number): Uint8Array {
  const importance = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    for (let q = pointers[row]!; q < pointers[row + 1]!; q++) importance[row]! += Math.abs(values[q]!);
  }
  const threshold = fraction === 0 ? -1 : quantile(importance, fraction);
  const keep = new Uint8Array(values.length);
  for (let row = 0; row < rows; row++) if (importance[row]! > threshold) keep.fill(1, pointers[row], pointers[row + 1]);
  return keep;
}

function quantile(values: Float64Array, part: number): number {
  const sorted = values.slice().sort();
  const at = part * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!];
  return below + (above - below) * (at - Math.floor(at));
}
