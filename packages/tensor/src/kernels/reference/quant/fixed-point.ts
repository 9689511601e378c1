/*
 * gemmlowp's arithmetic on int32 numbers, as TensorFlow Lite uses it to rescale sums without floats.
 */

/** A real number as multiplier · 2^(shift - 31), |multiplier| in [2^30, 2^31) or 0. */
export interface QuantizedMultiplier {
  /** int32. */
  readonly multiplier: number;
  /** Positive to the left. */
  readonly shift: number;
}

/**
 * TensorFlow Lite's QuantizeMultiplier of a number of at least 0: frexp, the mantissa rounded half away from 0 to 31 bits; under 2^-32 it is 0.
 *
 * @param single Whether it is for {@link singleRounding}, which shifts left by 30 at most.
 */
export function quantizeMultiplier(real: number, single = false): QuantizedMultiplier {
  if (real === 0) return { multiplier: 0, shift: 0 };
  let shift = Math.floor(Math.log2(real)) + 1;
  // The logarithm may be one off at the ends of a power of two.
  while (real >= 2 ** shift) shift++;
  while (real < 2 ** (shift - 1)) shift--;
  let multiplier = Math.round((real / 2 ** (shift - 1)) * 2 ** 30);
  if (multiplier === 2 ** 31) {
    multiplier /= 2;
    shift++;
  }
  if (shift < -31) return { multiplier: 0, shift: 0 };
  if (single && shift > 30) return { multiplier: 2 ** 31 - 1, shift: 30 };
  return { multiplier, shift };
}

/** SaturatingRoundingDoublingHighMul: (a·b + 2^30) >> 31, ties toward +infinity; -2^31 · -2^31 gives 2^31 - 1. */
export function saturatingRoundingDoublingHighMul(a: number, b: number): number {
  if (a === -(2 ** 31) && b === a) return 2 ** 31 - 1;
  return Number((BigInt(a) * BigInt(b) + (1n << 30n)) >> 31n);
}

/** RoundingDivideByPOT: x / 2^exponent, ties away from 0. */
export function roundingDivideByPowerOfTwo(x: number, exponent: number): number {
  const quotient = Math.floor(x / 2 ** exponent);
  const twice = 2 * (x - quotient * 2 ** exponent);
  return twice > 2 ** exponent || (twice === 2 ** exponent && x >= 0) ? quotient + 1 : quotient;
}

/** MultiplyByQuantizedMultiplier as gemmlowp has it: rounded after the product and again after the shift. */
export function doubleRounding(x: number, { multiplier, shift }: QuantizedMultiplier): number {
  const shifted = (x * 2 ** Math.max(shift, 0)) | 0;
  return roundingDivideByPowerOfTwo(saturatingRoundingDoublingHighMul(shifted, multiplier), Math.max(-shift, 0));
}

/** The same, rounded once, ties toward +infinity, as TFLITE_SINGLE_ROUNDING and ruy have it. */
export function singleRounding(x: number, { multiplier, shift }: QuantizedMultiplier): number {
  const places = BigInt(31 - shift);
  return Number(BigInt.asIntN(32, (BigInt(x) * BigInt(multiplier) + (1n << (places - 1n))) >> places));
}
