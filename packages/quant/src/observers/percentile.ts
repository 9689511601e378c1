import { checkNumber } from '../validation.ts';
import { addToHistogram, emptyHistogram, foldHistogram, type Histogram } from './histogram.ts';
import { checkSeen, type Observer } from './observer.ts';
import { checkOptions } from '@x/tensor/arguments';

/**
 * The range that holds `percent` of the values: half of the rest is cut at either end, or, symmetric, all of it by size.
 * Ends are those of histogram bins, and never beyond what was seen.
 *
 * @param percent Above 50 and at most 100. Default 99.99.
 */
export function percentile(options: { readonly percent?: number } = {}): Observer<Histogram> {
  const { percent = 99.99 } = checkOptions('percentile', options);
  checkNumber('percentile', 'percent', percent, { above: 50, most: 100 });
  return {
    name: 'percentile',
    init: emptyHistogram,
    update: (state, values) => addToHistogram('percentile', state, values),
    range: (histogram, { symmetric = false } = {}) => {
      checkSeen('percentile', histogram.total);
      const { min, max, width, first, counts, zeros, total } = histogram;
      const outside = total * (1 - percent / 100);
      if (symmetric) {
        const folded = foldHistogram(histogram);
        const end = Math.min((folded.length - cut(folded.toReversed(), outside)) * width, Math.max(max, -min));
        return { min: Math.max(-end, min), max: Math.min(end, max) };
      }
      // Zeros never need room: the range holds 0 whatever happens.
      const withZeros = Float64Array.from(counts);
      if (zeros > 0 && first <= 0 && -first < counts.length) withZeros[-first]! += zeros;
      const low = (first + cut(withZeros, outside / 2)) * width;
      const high = (first + counts.length - cut(withZeros.toReversed(), outside / 2)) * width;
      return { min: Math.max(low, min), max: Math.min(high, max) };
    },
  };
}

/** How many bins from the start hold no more than so many values. */
function cut(counts: Float64Array, most: number): number {
  let sum = 0;
  for (let bins = 0; bins < counts.length; bins++) {
    sum += counts[bins] as number;
    if (sum > most) return bins;
  }
  return Math.max(counts.length - 1, 0);
}
