import { extremes } from './observer.ts';

/** Counts of values in bins of one width, whose edges are its multiples. */
export interface Histogram {
  /** 0 before the first value other than 0. */
  readonly width: number;
  /** Number of the first bin: it begins at first · width. */
  readonly first: number;
  readonly counts: Float64Array<ArrayBuffer>;
  readonly zeros: number;
  readonly min: number;
  readonly max: number;
  /** Values seen. */
  readonly total: number;
}

/** Bins that the largest value of the first batch lies above 0. */
const BINS = 2048;
/** More than these are merged in pairs. */
const MOST_BINS = 2 ** 14;

export function emptyHistogram(): Histogram {
  return { width: 0, first: 0, counts: new Float64Array(0), zeros: 0, min: Infinity, max: -Infinity, total: 0 };
}

/**
 * Counts more values. The first batch decides the width; later ones add bins at either end, so that no count is ever divided
 * between bins. Zeros, of which rectifiers make many, are counted apart: they are represented exactly whatever the range.
 */
export function addToHistogram(where: string, histogram: Histogram, values: ArrayLike<number>): Histogram {
  if (values.length === 0) return histogram;
  const seen = extremes(where, values);
  const min = Math.min(histogram.min, seen.min);
  const max = Math.max(histogram.max, seen.max);
  let { width, zeros } = histogram;
  const total = histogram.total + values.length;
  const size = Math.max(max, -min);
  if (size === 0) return { ...histogram, min, max, zeros: zeros + values.length, total };
  let { first, counts } = histogram;
  if (width === 0) width = size / BINS || Number.MIN_VALUE;
  while (size / width > MOST_BINS / 2) ({ width, first, counts } = merged(width, first, counts));
  const from = Math.min(Math.floor(min / width), counts.length === 0 ? Infinity : first);
  const to = Math.max(Math.floor(max / width), counts.length === 0 ? -Infinity : first + counts.length - 1);
  const next = new Float64Array(to - from + 1);
  next.set(counts, counts.length === 0 ? 0 : first - from);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value === 0) zeros++;
    else next[Math.floor(value / width) - from]!++;
  }
  return { width, first: from, counts: next, zeros, min, max, total };
}

function merged(width: number, first: number, counts: Float64Array): Pick<Histogram, 'width' | 'first' | 'counts'> {
  const from = Math.floor(first / 2);
  const next = new Float64Array(counts.length === 0 ? 0 : Math.floor((first + counts.length - 1) / 2) - from + 1);
  counts.forEach((count, i) => (next[Math.floor((first + i) / 2) - from]! += count));
  return { width: width * 2, first: from, counts: next };
}

/** Counts of |value| by distance from 0, in bins of the same width. */
export function foldHistogram({ first, counts }: Histogram): Float64Array<ArrayBuffer> {
  const last = first + counts.length - 1;
  const folded = new Float64Array(counts.length === 0 ? 0 : Math.max(last + 1, -first));
  counts.forEach((count, i) => {
    const bin = first + i;
    folded[bin >= 0 ? bin : -bin - 1]! += count;
  });
  return folded;
}
