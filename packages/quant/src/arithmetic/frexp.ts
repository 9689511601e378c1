import { checkReal } from '../validation.ts';
const words = new DataView(new ArrayBuffer(8));

/** The exponent of a finite number's leading bit, ⌊log₂|x|⌋, exactly, also of subnormal numbers; -Infinity of 0. */
export function exponentOf(x: number): number {
  words.setFloat64(0, x);
  const biased = (words.getUint32(0) >>> 20) & 0x7ff;
  if (biased !== 0) return biased - 1023;
  return x === 0 ? -Infinity : exponentOf(x * 2 ** 64) - 64;
}

/** C's `frexp`: x = mantissa · 2^exponent with |mantissa| in [0.5, 1), or both 0. */
export function frexp(x: number): { readonly mantissa: number; readonly exponent: number } {
  checkReal('frexp', 'x', x);
  if (x === 0 || !Number.isFinite(x)) return { mantissa: x, exponent: 0 };
  const exponent = exponentOf(x) + 1;
  // In two steps, because 2^-exponent alone may overflow.
  const half = Math.trunc(exponent / 2);
  return { mantissa: x / 2 ** half / 2 ** (exponent - half), exponent };
}
