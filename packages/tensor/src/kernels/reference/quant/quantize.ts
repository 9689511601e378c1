import { nearestEven } from './rounding.ts';

/** q = clamp(round(x / scale) + zeroPoint), the quotient rounded to float32 and then to the nearest, ties to even. */
export function referenceQuantize(x: Float32Array, scale: number, zeroPoint: number, least: number, most: number): Int32Array<ArrayBuffer> {
  const step = Math.fround(scale);
  return Int32Array.from(x, (value) => Math.min(Math.max(nearestEven(Math.fround(value / step)) + zeroPoint, least), most));
}

/** x = float32(q - zeroPoint) · scale. */
export function referenceDequantize(q: ArrayLike<number>, scale: number, zeroPoint: number): Float32Array<ArrayBuffer> {
  return Float32Array.from(q, (value) => (value - zeroPoint) * Math.fround(scale));
}
