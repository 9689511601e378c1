import { checkNumber, checkObject, checkReal } from '../validation.ts';
import { roundHalfAway } from './rounding.ts';
import { checkOptions } from '@x/tensor/arguments';

/** A range whose zero is one of its quantized values. */
export interface NudgedRange {
  readonly min: number;
  readonly max: number;
  readonly scale: number;
}

/**
 * TFLite's NudgeQuantizationRange: zeroPoint = round(least - min / scale), clamped, and both ends moved to it.
 *
 * @throws {RangeError} if an end is not finite or min >= max.
 */
export function nudgedRange(min: number, max: number, options: { readonly least?: number; readonly most?: number } = {}): NudgedRange {
  const { least = 0, most = 255 } = checkOptions('nudgedRange', options);
  checkNumber('nudgedRange', 'max', max);
  checkNumber('nudgedRange', 'min', min);
  if (!(min < max)) throw new RangeError(`nudgedRange: min is ${min} and max ${max}, but min must be less.`);
  const scale = (max - min) / (most - least);
  const zeroPoint = Math.min(Math.max(roundHalfAway(least - min / scale), least), most);
  return { min: (least - zeroPoint) * scale, max: (most - zeroPoint) * scale, scale };
}

/** TFLite's FakeQuantize of a number: round((clamp(x) - min) / scale) · scale + min, ties away from 0. */
export function fakeQuantizeInRange(x: number, range: NudgedRange): number {
  checkReal('fakeQuantizeInRange', 'x', x);
  checkObject('fakeQuantizeInRange', 'range', range, ['scale']);
  const { min, max, scale } = range;
  return roundHalfAway((Math.min(Math.max(x, min), max) - min) / scale) * scale + min;
}
