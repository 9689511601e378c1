import { keepLargest } from '@x/tensor/sparse';
import { checkOptions } from '@x/tensor/arguments';
import type { Division } from '../layers/division.ts';
import { drawAbsent } from '../pattern/absent.ts';
import { takenBy } from '../pattern/taken.ts';
import { checkFraction, checkNumber, checkObject } from '../validation.ts';
import { checkPeriod, isDue } from './schedule.ts';
import type { Topology } from './topology.ts';

export interface TopKastOptions {
  /** Part of a layer's stored links that takes part, the set A of the greatest |w|. */
  readonly forward: number;
  /** Part of them that is trained, the set B of the greatest |w|, A among them. Default 1: all that are stored. */
  readonly backward?: number;
  /** Steps from one choice of the sets to the next. Default 100. */
  readonly every?: number;
  /** The last step that may change something. Default: none. */
  readonly until?: number;
  /** Exploration regularizer: penalty / 2 · w² for A, and 1 / (density of A) times as much for B without A. Default 1e-4. */
  readonly penalty?: number;
  /** Part of the links that don't take part which gives way at each choice, the weakest first, to new ones at random places of value 0. Default 0.3. */
  readonly renew?: number;
}

/**
 * Top-KAST: the strongest links A take part, a greater set B is trained, and both are chosen anew every so many steps;
 * a penalty makes links that only train shrink unless their gradients agree. Neither a dense gradient nor, unless you
 * want it, a dense weight exists.
 *
 * The paper holds all weights somewhere and chooses from them: that is `density: 1` and `renew: 0`, with `forward` and
 * `backward` the densities of A and B. A layer of the density of B stores B alone; links beyond it count as 0, and
 * `renew` brings them in. Forward and the gradient of the input cost A, the gradient of the values B.
 *
 * @throws {RangeError} if an option is out of range.
 * @example
 * // 5 % take part, 10 % are trained.
 * const layer = sparseLinear(784, 1000, { density: 0.1, key });
 * const optimizer = withTopology(net, topKast({ forward: 0.5 }), sgd({ momentum: 0.9 }), { key });
 *
 * S. M. Jayakumar et al., "Top-KAST: Top-K Always Sparse Training", 2020, arXiv 2106.03517.
 */
export function topKast(options: TopKastOptions): Topology {
  checkObject('topKast', 'options', options, ['forward']);
  checkOptions('topKast', options);
  const { forward, backward = 1, every = 100, until = Infinity, penalty = 1e-4, renew = 0.3 } = options;
  const where = 'topKast';
  checkFraction(where, 'forward', forward);
  checkFraction(where, 'backward', backward);
  checkNumber(where, 'backward', backward, { least: forward, remedy: 'What takes part is trained.' });
  checkNumber(where, 'penalty', penalty, { least: 0 });
  checkFraction(where, 'renew', renew);
  const period = { every, begin: every - 1, end: until };
  checkPeriod(where, period);
  return {
    name: 'topKast',
    replacesStep: false,
    due: (step) => isDue(period, step),
    watches: () => false,
    plan: (layers) =>
      layers.map(({ strongest, pattern, key }) => {
        const { nonZeros } = pattern;
        const resting = nonZeros - Math.round(forward * nonZeros);
        const free = pattern.rows * pattern.columns - nonZeros;
        const count = Math.min(Math.floor(renew * resting), free);
        if (count === 0) return undefined;
        const keep = strongest(nonZeros - count);
        // Not where one just went.
        return { keep, grown: drawAbsent(takenBy(pattern), count, key) };
      }),
    divide: (values, { rows, columns }) => divideByMagnitude(values, forward, backward, penalty, rows * columns),
  };
}

/** The sets of the greatest magnitudes. */
export function divideByMagnitude(values: Float32Array, forward: number, backward: number, penalty: number, size: number): Division {
  const active = Math.round(forward * values.length);
  return {
    forward: keepLargest(values, active, { by: 'magnitude' }),
    backward: keepLargest(values, Math.round(backward * values.length), { by: 'magnitude' }),
    penalty,
    explorationPenalty: active === 0 ? penalty : (penalty * size) / active,
  };
}
