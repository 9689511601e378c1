import type { HalfFormat } from '../half.ts';

/** Bits of the exponent and of the fraction. */
const parts = { float16: { exponent: 5, fraction: 10 }, bfloat16: { exponent: 8, fraction: 7 } } as const;

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The value of a code, exactly. NaN's payload can't be told by a number. */
export function valueOfHalf(format: HalfFormat, code: number): number {
  const { exponent, fraction } = parts[format];
  const sign = code & 0x8000 ? -1 : 1;
  const e = (code >> fraction) & (2 ** exponent - 1);
  const f = code & (2 ** fraction - 1);
  const bias = 2 ** (exponent - 1) - 1;
  if (e === 2 ** exponent - 1) return f === 0 ? sign * Infinity : NaN;
  return e === 0 ? sign * f * 2 ** (1 - bias - fraction) : sign * (2 ** fraction + f) * 2 ** (e - bias - fraction);
}

/** The code of the number nearest to a float32, ties to the even one. */
export function codeOfHalf(format: HalfFormat, x: number): number {
  const { exponent, fraction } = parts[format];
  const bias = 2 ** (exponent - 1) - 1;
  const top = (2 ** exponent - 1) << fraction;
  float[0] = x;
  const word = bits[0] as number;
  const sign = (word >>> 16) & 0x8000;
  // Quiet, and the upper part of the payload.
  if (Number.isNaN(x)) return sign | top | (1 << (fraction - 1)) | ((word >>> (23 - fraction)) & (2 ** fraction - 1));
  const size = Math.abs(x);
  if (size === Infinity) return sign | top;
  const e = size === 0 ? 1 - bias : Math.max(1 - bias, exponentOf(size));
  // In units of the last place; exact, because only the exponent changes.
  const units = size / 2 ** (e - fraction);
  const below = Math.floor(units);
  const rest = units - below;
  const rounded = rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
  // A fraction that overflows goes on to the next exponent, and from the last one to infinity.
  const code = rounded + (e + bias - 1) * 2 ** fraction;
  return sign | Math.min(code, top);
}

function exponentOf(size: number): number {
  float[0] = size;
  const e = (bits[0] as number) >>> 23;
  return e === 0 ? -126 : e - 127;
}
