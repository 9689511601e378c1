/** What a floating-point format does with its largest exponents, as `@x/quant`'s `floatFormat` says. */
export type NonFinite = 'ieee' | 'fn' | 'fnuz' | 'finite';

/** A floating-point format whose numbers are all float32. */
export interface SmallFloat {
  /** Stored bits of the mantissa, at most 22. */
  readonly mantissaBits: number;
  /** Largest finite number. */
  readonly max: number;
  /** Least normal number, a power of two. */
  readonly leastNormal: number;
  /** Least positive number, leastNormal · 2^-mantissaBits. */
  readonly least: number;
  readonly nonFinite: NonFinite;
}

/** Fractions k / 64, as microscaling's int8 has them: below 2 their distance is everywhere the same. */
export const int8Fractions: SmallFloat = { mantissaBits: 6, max: 127 / 64, leastNormal: 1, least: 1 / 64, nonFinite: 'finite' };
