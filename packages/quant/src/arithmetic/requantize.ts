import { doubleRounding, quantizeMultiplier as ofPositive, singleRounding, type QuantizedMultiplier } from '@x/tensor/quant';
import { checkOptions } from '@x/tensor/arguments';
import { checkChoice, checkNumber, checkObject, checkReal, show } from '../validation.ts';
import { roundHalfEven } from './rounding.ts';

export type { QuantizedMultiplier };

/**
 * A real multiplier in integers, as TFLite's QuantizeMultiplier; under 2^-32 it becomes 0.
 *
 * @throws {RangeError} if it isn't finite.
 * @example
 * quantizeMultiplier(0.75); // => { multiplier: 1610612736, shift: 0 }
 */
export function quantizeMultiplier(real: number, options: { readonly rounding?: 'double' | 'single' } = {}): QuantizedMultiplier {
  const { rounding = 'double' } = checkOptions('quantizeMultiplier', options);
  checkNumber('quantizeMultiplier', 'real', real);
  checkChoice('quantizeMultiplier', 'rounding', rounding, ['double', 'single']);
  const { multiplier, shift } = ofPositive(Math.abs(real), rounding === 'single');
  return { multiplier: real < 0 ? 0 - multiplier : multiplier, shift };
}

/**
 * x · multiplier · 2^(shift - 31) of an int32 x, by one rounding or two, bit for bit as TFLite's MultiplyByQuantizedMultiplier;
 * what doesn't fit int32, which TFLite refuses, wraps around as in the kernels.
 *
 * @throws {RangeError} if the rounding is unknown, or `single` and the multiplier negative.
 * @example
 * const quarter = quantizeMultiplier(0.25);
 * multiplyByQuantizedMultiplier(-6, quarter); // => -2
 * multiplyByQuantizedMultiplier(-6, quarter, { rounding: 'single' }); // => -1
 */
export function multiplyByQuantizedMultiplier(
  x: number,
  quantized: QuantizedMultiplier,
  options: { readonly rounding?: 'double' | 'single' } = {},
): number {
  const { rounding = 'double' } = checkOptions('multiplyByQuantizedMultiplier', options);
  checkReal('multiplyByQuantizedMultiplier', 'x', x);
  checkObject('multiplyByQuantizedMultiplier', 'quantized', quantized, ['multiplier', 'shift']);
  const { multiplier, shift } = quantized;
  if (rounding === 'double') return doubleRounding(x, { multiplier, shift });
  checkChoice('multiplyByQuantizedMultiplier', 'rounding', rounding, ['double', 'single']);
  checkNumber('multiplyByQuantizedMultiplier', 'multiplier', multiplier, { least: 0, remedy: 'Single rounding is defined for no others.' });
  return singleRounding(x, { multiplier, shift });
}

/**
 * The same of a 64-bit x, with the multiplier reduced to 16 bits, as TFLite's int16 kernels do:
 * (x · reduced + 2^(14 - shift)) >> (15 - shift).
 */
export function multiplyWideByQuantizedMultiplier(x: bigint, quantized: QuantizedMultiplier): bigint {
  if (typeof x !== 'bigint') throw new TypeError(`multiplyWideByQuantizedMultiplier: x is ${show(x)}, but must be a bigint, such as 5n.`);
  checkObject('multiplyWideByQuantizedMultiplier', 'quantized', quantized, ['multiplier', 'shift']);
  const { multiplier, shift } = quantized;
  const reduced = BigInt(multiplier < 0x7fff0000 ? (multiplier + 2 ** 15) >> 16 : 0x7fff);
  const total = BigInt(15 - shift);
  return (x * reduced + (1n << (total - 1n))) >> total;
}

/**
 * An int32 sum at another scale: clamp(round(sum · scale) + zeroPoint, least, most), in float32 as XNNPACK does it.
 * A sum beyond 2^24 is rounded to float32 first, as in every such kernel.
 */
export function requantizeFp32(
  sum: number,
  scale: number,
  options: { readonly zeroPoint?: number; readonly least?: number; readonly most?: number } = {},
): number {
  const { zeroPoint = 0, least = -128, most = 127 } = checkOptions('requantizeFp32', options);
  checkReal('requantizeFp32', 'sum', sum);
  checkReal('requantizeFp32', 'scale', scale);
  const scaled = Math.fround(Math.fround(sum) * Math.fround(scale));
  return roundHalfEven(Math.min(Math.max(scaled, least - zeroPoint), most - zeroPoint)) + zeroPoint;
}
