import type { RequantizationRounding } from '../../quant/requantization.ts';
import { nearestEven } from './rounding.ts';
import { doubleRounding, quantizeMultiplier, singleRounding } from './fixed-point.ts';

/** The integers an output may be, and which of them stands for 0. */
export interface OutputRange {
  readonly zeroPoint: number;
  readonly least: number;
  readonly most: number;
}

/** From a sum and the scale it is multiplied by to an integer of the output. */
export function requantizer(
  rounding: RequantizationRounding,
  scale: number,
  { zeroPoint, least, most }: OutputRange,
): (sum: number) => number {
  const scaled = scaler(rounding, scale);
  return (sum) => Math.min(Math.max(scaled(sum) + zeroPoint, least), most);
}

function scaler(rounding: RequantizationRounding, scale: number): (sum: number) => number {
  if (rounding === 'double') {
    const fixed = quantizeMultiplier(scale);
    return (sum) => doubleRounding(sum, fixed);
  }
  if (rounding === 'single') {
    const fixed = quantizeMultiplier(scale, true);
    return (sum) => singleRounding(sum, fixed);
  }
  const factor = Math.fround(scale);
  return (sum) => nearestEven(Math.fround(Math.fround(sum) * factor));
}
