import { checkOptions } from '@x/tensor/arguments';
import { checkFraction, checkObject } from '../validation.ts';
import { checkPeriod, isDue } from './schedule.ts';
import { divideByMagnitude } from './top-kast.ts';
import type { Topology } from './topology.ts';

export interface StraightThroughOptions {
  /** Part of a layer's stored links that takes part: those of the greatest |w|. */
  readonly density: number;
  /** Steps from one choice to the next. Default 1, as in JaxPruner. */
  readonly every?: number;
  /** The last step that may change something. Default: none. */
  readonly until?: number;
}

/**
 * Magnitude pruning with straight-through gradients: the strongest links take part, and all are trained by the gradient
 * that the ones that take part leave them, so that a pruned one can come back.
 *
 * Begin with layers of density 1. Forward and the gradient of the input cost `density` of it, the gradient of the values
 * all. When done, {@link trim} leaves those that take part.
 *
 * @throws {RangeError} if an option is out of range.
 *
 * Y. Bengio, N. Léonard, A. Courville, 2013, arXiv 1308.3432; for pruning, JaxPruner's `magnitude_ste`, J. Lee et al.,
 * 2023, arXiv 2304.14082.
 */
export function straightThrough(options: StraightThroughOptions): Topology {
  checkObject('straightThrough', 'options', options, ['density']);
  checkOptions('straightThrough', options);
  const { density, every = 1, until = Infinity } = options;
  checkFraction('straightThrough', 'density', density);
  const period = { every, begin: every - 1, end: until };
  checkPeriod('straightThrough', period);
  return {
    name: 'straightThrough',
    replacesStep: false,
    rewires: false,
    due: (step) => isDue(period, step),
    watches: () => false,
    plan: (layers) => layers.map(() => undefined),
    divide: (values) => divideByMagnitude(values, density, 1, 0, values.length),
  };
}
