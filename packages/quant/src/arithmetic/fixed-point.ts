import { checkReal } from '../validation.ts';
import * as exact from '@x/tensor/quant';

const INT32_MIN = -(2 ** 31);
const INT32_MAX = 2 ** 31 - 1;

/** gemmlowp's SaturatingRoundingMultiplyByPOT for exponents of at least 0. */
function saturatingMultiplyByPowerOfTwo(x: number, exponent: number): number {
  return Math.min(Math.max(x * 2 ** exponent, INT32_MIN), INT32_MAX);
}

/** gemmlowp's RoundingDivideByPOT: x / 2^exponent, ties away from 0. */
export function roundingDivideByPowerOfTwo(x: number, exponent: number): number {
  checkReal('roundingDivideByPowerOfTwo', 'x', x);
  checkReal('roundingDivideByPowerOfTwo', 'exponent', exponent);
  return exact.roundingDivideByPowerOfTwo(x, exponent);
}

/** gemmlowp's SaturatingRoundingDoublingHighMul: (a·b + 2^30) >> 31 of int32, ties toward +infinity; -2^31 · -2^31 gives 2^31 - 1. */
export function saturatingRoundingDoublingHighMul(a: number, b: number): number {
  checkReal('saturatingRoundingDoublingHighMul', 'a', a);
  checkReal('saturatingRoundingDoublingHighMul', 'b', b);
  return exact.saturatingRoundingDoublingHighMul(a, b);
}

/**
 * 1/√x of a whole number as TFLite's GetInvSqrtQuantizedMultiplierExp has it: multiplier · 2^-31 / 2^shift, by five steps
 * of Newton's method in fixed point with 3 integer bits.
 */
export function inverseSquareRootMultiplier(x: number): { readonly multiplier: number; readonly shift: number } {
  checkReal('inverseSquareRootMultiplier', 'x', x);
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
  const halfInput = roundingDivideByPowerOfTwo(input >> 1, 1);
  const oneAndHalf = 2 ** 28 + 2 ** 27;
  let y = 2 ** 28;
  for (let step = 0; step < 5; step++) {
    const cube = saturatingMultiplyByPowerOfTwo(saturatingRoundingDoublingHighMul(saturatingRoundingDoublingHighMul(y, y), y), 6);
    y = saturatingMultiplyByPowerOfTwo(
      saturatingRoundingDoublingHighMul(oneAndHalf, y) - saturatingRoundingDoublingHighMul(halfInput, cube),
      3,
    );
  }
  let multiplier = saturatingRoundingDoublingHighMul(y, 1518500250);
  if (shift < 0) {
    multiplier *= 2 ** -shift;
    shift = 0;
  }
  return { multiplier, shift };
}
