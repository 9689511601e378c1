import { checkOptions } from '@x/tensor/arguments';
import { checkFraction, checkNumber, checkObject } from '../validation.ts';
import { capacity } from './dsr.ts';
import { checkPeriod, fractionAt, isDue } from './schedule.ts';
import { shareOut } from './share-out.ts';
import type { LayerView, Topology } from './topology.ts';

export interface SnfsOptions {
  /** Steps from one change to the next; the paper's is an epoch. */
  readonly every: number;
  /** Part of a layer's links that goes at first. Default 0.5. */
  readonly fraction?: number;
  /** Steps over which that part falls along a cosine to 0.005, after which nothing changes any more. */
  readonly until: number;
  /** The optimizer's slot that holds the momentum. Default `momentum`, as `sgd` has it; `mean` for `adam`. */
  readonly slot?: string;
  /** What the momentum of a step ago counts now. Default 0.9. */
  readonly decay?: number;
  /** Steps up to a change whose gradients make up the momentum of absent links; what is older counts less than decay^window. No further back than the change before. Default 30. */
  readonly window?: number;
}

/** The least part that goes, in the authors' code. */
const LEAST = 0.005;
/** Layers less sparse than this lose no greater part than their sparsity. */
const DENSE = 0.2;

/**
 * Sparse momentum (SNFS, sparse networks from scratch): in each layer the weakest links go; each layer's share of the
 * freed ones is that of its links' mean |momentum|; and those absent links grow whose |momentum| is largest, with the value 0.
 *
 * Layers exchange links, up to each one's `room`. The authors keep the momentum of every absent link in a dense array;
 * here it is summed up from the gradients of the last `window` steps, a tile at a time, and equal to theirs up to decay^window (0.04 for
 * the defaults). Until the change the factors of these gradients are held, and are part of the state that {@link topologyTensors} saves:
 * 4 · window · batch · (inputs + units) bytes a layer at most, more than a dense array if window · batch is above inputs · units / (inputs + units).
 *
 * @throws {RangeError} if an option is out of range; while training, if the optimizer has no such slot.
 * @throws {Error} while training if gradients are NaN; nothing is changed then.
 *
 * T. Dettmers, L. Zettlemoyer, "Sparse Networks from Scratch: Faster Training without Losing Performance", 2019,
 * arXiv 1907.04840.
 */
export function snfs(options: SnfsOptions): Topology {
  checkObject('snfs', 'options', options, ['every', 'until']);
  checkOptions('snfs', options);
  const { every, fraction = 0.5, until, slot = 'momentum', decay = 0.9, window = 30 } = options;
  checkFraction('snfs', 'fraction', fraction);
  checkNumber('snfs', 'fraction', fraction, { least: LEAST });
  checkNumber('snfs', 'until', until, { least: 1, whole: true });
  const period = { every, begin: every, end: until - 1 };
  checkPeriod('snfs', { ...period, end: Math.max(until - 1, every) });
  checkNumber('snfs', 'until', until, { above: every, remedy: 'A schedule ends after it begins.' });
  checkFraction('snfs', 'decay', decay);
  checkNumber('snfs', 'window', window, { least: 1, whole: true });
  const due = (step: number): boolean => isDue(period, step);
  return {
    name: 'snfs',
    replacesStep: false,
    due,
    watches: (step) => {
      const next = every * Math.max(1, Math.ceil(step / every));
      return next - step < window && due(next);
    },
    plan: (layers, step) => {
      const part = LEAST + fractionAt('cosine', fraction - LEAST, step / until);
      const drops = layers.map(({ pattern }) => Math.floor(partOf(pattern, part) * pattern.nonZeros));
      const moved = drops.reduce((sum, count) => sum + count, 0);
      if (moved === 0) return layers.map(() => undefined);
      const weights = layers.map((layer) => meanMagnitude(layer, slot));
      const kept = layers.map(({ pattern }, index) => pattern.nonZeros - drops[index]!);
      const shares = shareOut(
        moved,
        weights,
        layers.map((layer, index) => capacity(layer) - kept[index]!),
      );
      return layers.map(({ strongest, largestGradients }, index) => {
        const keep = strongest(kept[index]!);
        const grown = largestGradients(keep, shares[index]!, decay);
        if (grown.length < shares[index]!)
          throw new Error(
            `snfs: only ${grown.length} of ${shares[index]} links could grow, because gradients are NaN; lower the learning rate or look for what makes the loss NaN.`,
          );
        return { keep, grown };
      });
    },
  };
}

function partOf({ nonZeros, rows, columns }: LayerView['pattern'], part: number): number {
  const sparsity = 1 - nonZeros / (rows * columns);
  return sparsity < DENSE ? Math.min(sparsity, part) : part;
}

function meanMagnitude({ slots, values }: LayerView, slot: string): number {
  const momentum = slots[slot];
  if (!momentum)
    throw new RangeError(
      `snfs: the optimizer has no slot "${slot}", but ${Object.keys(slots).join(', ') || 'none'}; train with sgd({ momentum: 0.9 }) or name its slot with { slot }.`,
    );
  return momentum.reduce((sum, value) => sum + Math.abs(value), 0) / Math.max(1, values.length);
}
