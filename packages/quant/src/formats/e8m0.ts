import { checkReal } from '../validation.ts';
import { exponentOf } from '../arithmetic/frexp.ts';

/** NaN among the powers of two. */
const E8M0_NAN = 0xff;

/** The power of two of an E8M0 code: 2^(code - 127); 255 is NaN. */
export function decodeE8M0(code: number): number {
  checkReal('decodeE8M0', 'code', code);
  return code === E8M0_NAN ? Number.NaN : 2 ** (code - 127);
}

/** The code of the largest power of two not above x; powers under 2^-127 become it, those above 2^127 NaN, as do NaN and what isn't positive. */
export function encodeE8M0(x: number): number {
  checkReal('encodeE8M0', 'x', x);
  if (!(x > 0) || x === Infinity) return E8M0_NAN;
  const exponent = exponentOf(x);
  return exponent > 127 ? E8M0_NAN : Math.max(exponent, -127) + 127;
}
