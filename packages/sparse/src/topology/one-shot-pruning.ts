import { checkOptions } from '@x/tensor/arguments';
import { checkFraction, checkNumber, checkObject } from '../validation.ts';
import { keepStrongest } from './keep-strongest.ts';
import type { Topology } from './topology.ts';

export interface OneShotPruningOptions {
  /** The step, counted from 0, after which links go. */
  readonly at: number;
  /** Part of the positions that is left. */
  readonly density: number;
  /** Whether each layer reaches the density, or all together do. Default `layer`. */
  readonly scope?: 'layer' | 'global';
}

/**
 * One-shot magnitude pruning while training: after a step the links nearest 0 go, and training goes on with the others.
 *
 * @throws {RangeError} if an option is out of range.
 */
export function oneShotPruning(options: OneShotPruningOptions): Topology {
  checkObject('oneShotPruning', 'options', options, ['at', 'density']);
  checkOptions('oneShotPruning', options);
  const { at, density, scope = 'layer' } = options;
  checkNumber('oneShotPruning', 'at', at, { least: 0, whole: true });
  checkFraction('oneShotPruning', 'density', density);
  return {
    name: 'oneShotPruning',
    replacesStep: false,
    due: (step) => step === at,
    watches: () => false,
    plan: (layers) => keepStrongest('oneShotPruning', layers, density, scope),
  };
}
