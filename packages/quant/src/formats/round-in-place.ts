import type { FloatFormat } from './float-format.ts';

/** What happened to numbers that were rounded. */
export interface RoundingCounts {
  /** Finite numbers that became infinite, NaN, or, saturating, the largest. */
  overflowed: number;
  /** Numbers other than 0 that became 0. */
  underflowed: number;
}

/** Whether {@link roundInPlace} knows a format: one that float32 contains. */
export function fitsFloat32({ exponentBits, mantissaBits, bias, least }: FloatFormat): boolean {
  return mantissaBits < 23 && exponentBits <= 8 && bias <= 127 && least >= 2 ** -149;
}

/**
 * Rounds float32 numbers to a format, ties to even, in the array itself: the same numbers as {@link roundToFormat}, by whole-number
 * arithmetic on their bits, several times as fast.
 */
export function roundInPlace(
  values: Float32Array,
  format: FloatFormat,
  { saturate = false }: { readonly saturate?: boolean } = {},
): RoundingCounts {
  const { mantissaBits, max, leastNormal, least, nonFinite } = format;
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  const shift = 23 - mantissaBits;
  const half = 2 ** (shift - 1) - 1;
  const mask = -(2 ** shift);
  // Adding it leaves multiples of the least number.
  const anchor = 1.5 * 2 ** 23 * least;
  const beyond = saturate || nonFinite === 'finite' ? max : nonFinite === 'ieee' ? Infinity : Number.NaN;
  let overflowed = 0;
  let underflowed = 0;
  for (let i = 0; i < values.length; i++) {
    const x = values[i] as number;
    const size = Math.abs(x);
    if (size < leastNormal) {
      const rounded = Math.fround(Math.fround(size + anchor) - anchor);
      if (rounded === 0 && size > 0) underflowed++;
      values[i] = x < 0 || Object.is(x, -0) ? (rounded === 0 && nonFinite === 'fnuz' ? 0 : -rounded) : rounded;
    } else if (size <= 3.4028234663852886e38) {
      const word = bits[i] as number;
      bits[i] = (word + half + ((word >> shift) & 1)) & mask;
      if (Math.abs(values[i] as number) > max) {
        overflowed++;
        values[i] = x < 0 ? -beyond : beyond;
      }
    } else if (size === Infinity) {
      if (nonFinite === 'fnuz') values[i] = Number.NaN;
      else values[i] = x < 0 ? -beyond : beyond;
    } else if (nonFinite === 'finite') values[i] = -0;
  }
  return { overflowed, underflowed };
}
