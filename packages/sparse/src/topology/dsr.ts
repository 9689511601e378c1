import { drawAbsent } from '../pattern/absent.ts';
import { takenBy } from '../pattern/taken.ts';
import { checkFraction } from '../validation.ts';
import { keepAcross } from './keep-across.ts';
import { checkPeriod, isDue } from './schedule.ts';
import { shareOut } from './share-out.ts';
import type { LayerView, Topology } from './topology.ts';
import { checkOptions } from '@x/tensor/arguments';

export interface DsrOptions {
  /** Steps from one change to the next. Default 100. */
  readonly every?: number;
  /** Part of all links together that is moved each time. Default 0.1. */
  readonly fraction?: number;
  /** The last step that may change something. Default: none. */
  readonly until?: number;
}

/**
 * Dynamic sparse reparameterization: the weakest links of all layers together go, and as many grow at random places with
 * the value 0, a layer getting of them in proportion to the links it kept.
 *
 * So layers exchange links, up to each one's `room`. The paper finds the threshold of what goes by doubling and halving
 * it until about the wanted number is below; here it is the one below which exactly that number is, so that nothing but
 * the weights is to be saved.
 *
 * @throws {RangeError} if an option is out of range.
 *
 * H. Mostafa, X. Wang, "Parameter Efficient Training of Deep Convolutional Neural Networks by Dynamic Sparse
 * Reparameterization", 2019, arXiv 1902.05967.
 */
export function dsr(options: DsrOptions = {}): Topology {
  const { every = 100, fraction = 0.1, until = Infinity } = checkOptions('dsr', options);
  checkFraction('dsr', 'fraction', fraction);
  const period = { every, begin: every, end: until };
  checkPeriod('dsr', period);
  return {
    name: 'dsr',
    replacesStep: false,
    due: (step) => isDue(period, step),
    watches: () => false,
    plan: (layers) => {
      const links = layers.reduce((sum, { values }) => sum + values.length, 0);
      const moved = Math.floor(fraction * links);
      if (moved === 0) return layers.map(() => undefined);
      const keeps = keepAcross(
        layers.map(({ values }) => values),
        links - moved,
        'magnitude',
      );
      const kept = keeps.map((keep) => keep.reduce((sum, flag) => sum + flag, 0));
      const shares = shareOut(
        moved,
        kept,
        layers.map(capacity).map((most, index) => most - kept[index]!),
      );
      return layers.map(({ pattern, key }, index) => {
        const keep = keeps[index]!;
        return { keep, grown: drawAbsent(takenBy(pattern, keep), shares[index]!, key) };
      });
    },
  };
}

/** The most links that a layer may have. */
export function capacity({ room, pattern }: LayerView): number {
  return Math.min(room, pattern.rows * pattern.columns);
}
