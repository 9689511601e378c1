import { integerRange } from '../arithmetic/quantization-parameters.ts';
import { roundHalfEven } from '../arithmetic/rounding.ts';
import { checkArray, checkNumber } from '../validation.ts';
import { addToHistogram, emptyHistogram, type Histogram } from './histogram.ts';
import { checkSeen, extremes, type Observer } from './observer.ts';

/** Fraction bits tried beside those that just hold the largest number: below, and above, where the largest is cut. */
const FEWER = 1;
const MORE = 6;

/**
 * The fraction bits of dynamic fixed point: f of least Σ |x - x̂|, x̂ = clamp(round(x · 2^f), -2^(bits - 1), 2^(bits - 1) - 1) / 2^f.
 * One f serves a whole layer; layers have their own.
 *
 * @param bits Width of a number, 2 to 16.
 * @returns f, a whole number, negative where numbers are large.
 * @throws {RangeError} if the width is out of range, or a value NaN or infinite.
 * @example
 * fractionBits([0.5, -0.25, 0.125], 8); // => 7
 *
 * J. Qiu et al., "Going Deeper with Embedded FPGA Platform for Convolutional Neural Network", FPGA 2016; ties to even.
 */
export function fractionBits(values: ArrayLike<number>, bits: number): number {
  checkArray('fractionBits', 'values', values);
  checkNumber('fractionBits', 'bits', bits, { least: 2, most: 16, whole: true });
  const { min, max } = extremes('fractionBits', values);
  const size = Math.max(max, -min);
  return best(size, bits, (fraction) => absoluteError(values, bits, fraction));
}

/**
 * The range of dynamic fixed point: [-2^(bits - 1), 2^(bits - 1) - 1] / 2^f, f of least Σ |x - x̂| over a histogram of what
 * was seen. Its step is a power of two and its zero point 0.
 */
export function fixedPoint(): Observer<Histogram> {
  return {
    name: 'fixedPoint',
    init: emptyHistogram,
    update: (state, values) => addToHistogram('fixedPoint', state, values),
    range: (histogram, { bits = 8 } = {}) => {
      checkSeen('fixedPoint', histogram.total);
      const { min, max, width, first, counts } = histogram;
      const errorOf = (fraction: number): number => {
        const round = fixedPointOf(bits, fraction);
        return counts.reduce((sum, count, bin) => {
          const x = (first + bin + 0.5) * width;
          return sum + count * Math.abs(x - round(x));
        }, 0);
      };
      const fraction = best(Math.max(max, -min), bits, errorOf);
      const { least, most } = integerRange({ bits });
      return { min: least / 2 ** fraction, max: most / 2 ** fraction };
    },
  };
}

/** The fraction bits of least error, among those about the one that just holds a size. */
function best(size: number, bits: number, errorOf: (fraction: number) => number): number {
  if (!(size > 0)) return bits - 1;
  const holding = bits - 1 - Math.ceil(Math.log2(size));
  let chosen = holding;
  let least = Infinity;
  for (let fraction = holding - FEWER; fraction <= holding + MORE; fraction++) {
    const error = errorOf(fraction);
    if (error < least) [least, chosen] = [error, fraction];
  }
  return chosen;
}

/** Numbers as fixed point of so many fraction bits leaves them. */
export function toFixedPoint(values: ArrayLike<number>, bits: number, fraction: number): Float32Array<ArrayBuffer> {
  checkArray('toFixedPoint', 'values', values);
  checkNumber('toFixedPoint', 'bits', bits);
  checkNumber('toFixedPoint', 'fraction', fraction);
  const round = fixedPointOf(bits, fraction);
  return Float32Array.from(values, round);
}

function absoluteError(values: ArrayLike<number>, bits: number, fraction: number): number {
  const round = fixedPointOf(bits, fraction);
  let error = 0;
  for (let i = 0; i < values.length; i++) error += Math.abs((values[i] as number) - round(values[i] as number));
  return error;
}

function fixedPointOf(bits: number, fraction: number): (x: number) => number {
  const { least, most } = integerRange({ bits });
  const scale = 2 ** fraction;
  return (x) => Math.min(Math.max(roundHalfEven(x * scale), least), most) / scale;
}
