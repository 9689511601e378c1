const INT32_MIN = -(2 ** 31);
const INT32_MAX = 2 ** 31 - 1;

/** An exact product of two int32 numbers: high · 2^31 + low, low from 0 to 2^31 - 1. */
function wideProduct(a: number, b: number): { readonly high: number; readonly low: number } {
  // a = upper · 2^16 + lower, so that no partial product exceeds 53 bits.
  const upper = a >> 16;
  const lower = a & 0xffff;
  const cross = upper * b;
  const high = Math.floor(cross / 2 ** 15);
  const rest = (cross - high * 2 ** 15) * 2 ** 16 + lower * b;
  const carry = Math.floor(rest / 2 ** 31);
  return { high: high + carry, low: rest - carry * 2 ** 31 };
}

/**
 * gemmlowp's SaturatingRoundingDoublingHighMul: ⌊(a·b + 2^30) / 2^31⌋, ties toward +∞ for both signs; of int32 numbers.
 * Only -2^31 · -2^31 would not fit, and gives 2^31 - 1.
 */
export function saturatingRoundingDoublingHighMul(a: number, b: number): number {
  if (a === INT32_MIN && b === INT32_MIN) return INT32_MAX;
  const { high, low } = wideProduct(a, b);
  return high + (low >= 2 ** 30 ? 1 : 0);
}

/** gemmlowp's RoundingDivideByPOT: x / 2^exponent to the nearest, ties away from zero; exponent from 0 to 31. */
export function roundingDivideByPowerOfTwo(x: number, exponent: number): number {
  const mask = exponent === 31 ? INT32_MAX : 2 ** exponent - 1;
  const remainder = x & mask;
  const threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> exponent) + (remainder > threshold ? 1 : 0);
}

/** gemmlowp's SaturatingRoundingMultiplyByPOT for exponents of at least 0. */
function saturatingMultiplyByPowerOfTwo(x: number, exponent: number): number {
  return Math.min(Math.max(x * 2 ** exponent, INT32_MIN), INT32_MAX);
}

/** Exact x · multiplier / 2^(31 - shift) to the nearest in one rounding, ties toward +∞. */
export function singleRoundingMultiply(x: number, multiplier: number, shift: number): number {
  const { high, low } = wideProduct(x, multiplier);
  if (shift > 0) return high * 2 ** shift + Math.floor((low + 2 ** (30 - shift)) / 2 ** (31 - shift));
  if (shift === 0) return high + (low >= 2 ** 30 ? 1 : 0);
  return Math.floor((high + 2 ** (-shift - 1)) / 2 ** -shift);
}

/**
 * 1/√x of a whole number as TFLite's GetInvSqrtQuantizedMultiplierExp has it: multiplier · 2^-31 / 2^shift, by five steps
 * of Newton's method in fixed point with 3 integer bits.
 */
export function inverseSquareRootMultiplier(x: number): { readonly multiplier: number; readonly shift: number } {
  if (x <= 1) return { multiplier: INT32_MAX, shift: 0 };
  let input = x;
  let shift = 11;
  while (input >= 2 ** 29) {
    input = Math.floor(input / 4);
    shift++;
  }
  const pairs = Math.floor((Math.clz32(input) - 1) / 2) - 1;
  shift -= pairs;
  input *= 4 ** pairs;
  const multiply = saturatingRoundingDoublingHighMul;
  const halfInput = roundingDivideByPowerOfTwo(input >> 1, 1);
  const oneAndHalf = 2 ** 28 + 2 ** 27;
  let y = 2 ** 28;
  for (let step = 0; step < 5; step++) {
    const cube = saturatingMultiplyByPowerOfTwo(multiply(multiply(y, y), y), 6);
    y = saturatingMultiplyByPowerOfTwo(multiply(oneAndHalf, y) - multiply(halfInput, cube), 3);
  }
  let multiplier = multiply(y, 1518500250);
  if (shift < 0) {
    multiplier *= 2 ** -shift;
    shift = 0;
  }
  return { multiplier, shift };
}
