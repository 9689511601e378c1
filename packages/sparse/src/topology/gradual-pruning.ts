import { checkOptions } from '@x/tensor/arguments';
import { checkChoice, checkFraction, checkNumber, checkObject } from '../validation.ts';
import { keepStrongest } from './keep-strongest.ts';
import { checkPeriod, isDue } from './schedule.ts';
import type { Topology } from './topology.ts';

export interface SparsitySchedule {
  /** Sparsity until `begin`. Default 0. */
  readonly initial?: number;
  readonly final: number;
  readonly begin: number;
  readonly end: number;
  /** Default 3. */
  readonly power?: number;
}

/**
 * Sparsity at a step: final + (initial - final) · (1 - p)^power, p the part of the way from begin to end.
 *
 * @example
 * sparsityAt({ final: 0.5, begin: 0, end: 20 }, 10); // => 0.4375
 *
 * M. Zhu, S. Gupta, "To prune, or not to prune", 2017, arXiv 1710.01878.
 */
export function sparsityAt(schedule: SparsitySchedule, step: number): number {
  checkObject('sparsityAt', 'schedule', schedule, ['final', 'begin', 'end']);
  const { initial = 0, final, begin, end, power = 3 } = schedule;
  for (const [name, value] of Object.entries({ final, begin, end })) checkNumber('sparsityAt', name, value);
  checkNumber('sparsityAt', 'step', step);
  const progress = Math.min(1, Math.max(0, (step - begin) / (end - begin)));
  return final + (initial - final) * (1 - progress) ** power;
}

export interface GradualPruningOptions extends SparsitySchedule {
  /** Steps from one pruning to the next. Default 100. */
  readonly every?: number;
  /** Whether each layer reaches the sparsity, or all together do. Default `layer`. */
  readonly scope?: 'layer' | 'global';
}

/**
 * Gradual magnitude pruning: the links nearest 0 go, more and more of them, along {@link sparsityAt}.
 *
 * Begin with layers of density 1, or of what `initial` says. Products cost what is left; the variables keep the room
 * they began with, until {@link trim}.
 *
 * @throws {RangeError} if an option is out of range, or the schedule ends before it begins.
 */
export function gradualPruning(options: GradualPruningOptions): Topology {
  checkObject('gradualPruning', 'options', options, ['final', 'begin', 'end']);
  checkOptions('gradualPruning', options);
  const { initial = 0, final, begin, end, power = 3, every = 100, scope = 'layer' } = options;
  checkFraction('gradualPruning', 'initial', initial);
  checkFraction('gradualPruning', 'final', final);
  checkNumber('gradualPruning', 'final', final, { least: initial, remedy: 'Pruning removes links; it adds none.' });
  checkNumber('gradualPruning', 'power', power, { above: 0 });
  checkNumber('gradualPruning', 'begin', begin);
  checkNumber('gradualPruning', 'end', end, { above: begin, remedy: 'A schedule ends after it begins.' });
  checkChoice('gradualPruning', 'scope', scope, ['layer', 'global']);
  const period = { every, begin, end };
  checkPeriod('gradualPruning', period);
  return {
    name: 'gradualPruning',
    replacesStep: false,
    due: (step) => isDue(period, step),
    watches: () => false,
    plan: (layers, step) => {
      const density = 1 - sparsityAt({ initial, final, begin, end, power }, step);
      return keepStrongest('gradualPruning', layers, density, scope);
    },
  };
}
