import { quantizationParameters, quantizeValue } from '../arithmetic/quantization-parameters.ts';
import { addToHistogram, emptyHistogram, type Histogram } from './histogram.ts';
import { checkSeen, type Observer, type Range } from './observer.ts';

/** Ranges tried for each end. */
const STEPS = 64;

/**
 * The range of least squared error: Σ (x - x̂)² over the histogram, tried for ranges shrunk at both ends alike, then each end
 * by itself.
 */
export function squaredError(): Observer<Histogram> {
  return {
    name: 'squaredError',
    init: emptyHistogram,
    update: (state, values) => addToHistogram('squaredError', state, values),
    range: (histogram, { bits = 8, symmetric = false } = {}) => {
      checkSeen('squaredError', histogram.total);
      const low = Math.min(histogram.min, 0);
      const high = Math.max(histogram.max, 0);
      if (low === high) return { min: low, max: high };
      const errorOf = (range: Range): number => errorIn(histogram, range, bits, symmetric);
      const fractions = Array.from({ length: STEPS }, (_, i) => 1 - i / STEPS);
      const both = best(
        fractions.map((f) => ({ min: low * f, max: high * f })),
        errorOf,
      );
      if (symmetric || low === 0 || high === 0) return both;
      const upper = best([both, ...fractions.map((f) => ({ min: both.min, max: high * f }))], errorOf);
      return best([upper, ...fractions.map((f) => ({ min: low * f, max: upper.max }))], errorOf);
    },
  };
}

function errorIn({ width, first, counts }: Histogram, { min, max }: Range, bits: number, symmetric: boolean): number {
  const parameters = quantizationParameters(min, max, { bits, symmetric });
  const { scale, zeroPoint } = parameters;
  let error = 0;
  for (let bin = 0; bin < counts.length; bin++) {
    const count = counts[bin] as number;
    if (count === 0) continue;
    const x = (first + bin + 0.5) * width;
    error += count * (x - scale * (quantizeValue(x, parameters) - zeroPoint)) ** 2;
  }
  return error;
}

/** The first of the candidates with the least cost. */
function best<T>(candidates: readonly T[], cost: (candidate: T) => number): T {
  let chosen = candidates[0] as T;
  let least = Infinity;
  for (const candidate of candidates) {
    const value = cost(candidate);
    if (value < least) [chosen, least] = [candidate, value];
  }
  return chosen;
}
