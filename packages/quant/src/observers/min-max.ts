import { checkNumber } from '../validation.ts';
import { checkSeen, extremes, type Observer, type Range } from './observer.ts';
import { checkOptions } from '@x/tensor/arguments';

/** The least and largest value ever seen: nothing is clipped, and one outlier costs all others resolution. */
export function minMax(): Observer<Range> {
  return {
    name: 'minMax',
    init: () => ({ min: Infinity, max: -Infinity }),
    update: (state, values) => {
      const seen = extremes('minMax', values);
      return { min: Math.min(state.min, seen.min), max: Math.max(state.max, seen.max) };
    },
    range: (state) => {
      checkSeen('minMax', state.min <= state.max ? 1 : 0);
      return state;
    },
  };
}

/**
 * The extremes of batches, averaged over time: e ← e + constant · (extreme of the batch - e), from the first batch's.
 *
 * @param constant Weight of a batch, above 0 and at most 1. Default 0.01, as PyTorch's MovingAverageMinMaxObserver.
 */
export function movingAverage(options: { readonly constant?: number } = {}): Observer<Range | undefined> {
  const { constant = 0.01 } = checkOptions('movingAverage', options);
  checkNumber('movingAverage', 'constant', constant, { above: 0, most: 1 });
  return {
    name: 'movingAverage',
    init: () => undefined,
    update: (state, values) => {
      if (values.length === 0) return state;
      const seen = extremes('movingAverage', values);
      if (!state) return seen;
      return { min: state.min + constant * (seen.min - state.min), max: state.max + constant * (seen.max - state.max) };
    },
    range: (state) => {
      checkSeen('movingAverage', state ? 1 : 0);
      return state as Range;
    },
  };
}
