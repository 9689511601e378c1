import { checkArray, checkNumber } from '../validation.ts';
import { addToHistogram, emptyHistogram, foldHistogram, type Histogram } from './histogram.ts';
import { checkSeen, type Observer } from './observer.ts';

/** Bins that a threshold is chosen among; a finer histogram is merged to about as many. */
const BINS = 2048;

/**
 * The range whose quantized distribution tells least apart from the real one: the threshold t on |x| of least
 * Kullback-Leibler divergence Σ p ln(p / q), where p is the histogram up to t with all that is beyond in its last bin, and q
 * the histogram up to t, *without* what is beyond, in as many levels as there are integers, each spread evenly over those
 * of its bins that p has anything in.
 *
 * S. Migacz, "8-bit Inference with TensorRT", GTC 2017; bins that only q lacks get a small probability, as in MXNet.
 */
export function entropy(): Observer<Histogram> {
  return {
    name: 'entropy',
    init: emptyHistogram,
    update: (state, values) => addToHistogram('entropy', state, values),
    range: (histogram, { bits = 8 } = {}) => {
      checkSeen('entropy', histogram.total);
      const { min, max } = histogram;
      if (histogram.width === 0) return { min, max };
      // Numbers of one sign have all integers to themselves.
      const levels = min >= 0 || max <= 0 ? 2 ** bits : 2 ** (bits - 1);
      const { counts, width } = coarse(foldHistogram(histogram), histogram.width, Math.max(BINS, 2 * levels));
      const end = entropyThreshold(counts, levels) * width;
      return { min: Math.max(min, -end), max: Math.min(max, end) };
    },
  };
}

function coarse(counts: Float64Array, width: number, bins: number): { counts: Float64Array; width: number } {
  const factor = Math.ceil(counts.length / bins);
  if (factor <= 1) return { counts, width };
  const merged = new Float64Array(Math.ceil(counts.length / factor));
  counts.forEach((count, i) => (merged[Math.floor(i / factor)]! += count));
  return { counts: merged, width: width * factor };
}

/** How many of the bins the range of least divergence keeps. */
export function entropyThreshold(counts: Float64Array, levels: number): number {
  checkArray('entropyThreshold', 'counts', counts);
  checkNumber('entropyThreshold', 'levels', levels);
  let beyond = counts.reduce((sum, count) => sum + count, 0);
  const total = beyond;
  for (let i = 0; i < Math.min(levels, counts.length); i++) beyond -= counts[i] as number;
  let least = Infinity;
  let chosen = counts.length;
  for (let kept = levels; kept <= counts.length; kept++) {
    const divergence = divergenceOf(counts, kept, levels, Math.max(beyond, 0), total);
    // Of equals the wider: it clips less.
    if (divergence <= least) [least, chosen] = [divergence, kept];
    beyond -= counts[kept] ?? 0;
  }
  return chosen;
}

/** A probability for what only q says is impossible. */
const SMALL = 1e-4;

function divergenceOf(counts: Float64Array, kept: number, levels: number, beyond: number, total: number): number {
  const p = (bin: number): number => (counts[bin] as number) + (bin === kept - 1 ? beyond : 0);
  let inside = 0;
  for (let bin = 0; bin < kept; bin++) inside += counts[bin] as number;
  if (inside === 0) return Infinity;
  let divergence = 0;
  for (let level = 0; level < levels; level++) {
    const from = Math.floor((level * kept) / levels);
    const to = Math.floor(((level + 1) * kept) / levels);
    let sum = 0;
    let occupied = 0;
    for (let bin = from; bin < to; bin++) {
      sum += counts[bin] as number;
      if (p(bin) > 0) occupied++;
    }
    const q = occupied === 0 ? 0 : sum / occupied / inside;
    for (let bin = from; bin < to; bin++) {
      const ofP = p(bin) / total;
      if (ofP > 0) divergence += ofP * Math.log(ofP / (q > 0 ? q : SMALL / total));
    }
  }
  return divergence;
}
