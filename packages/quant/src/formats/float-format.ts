import { exponentOf } from '../arithmetic/frexp.ts';
import { rounder, type Rounding } from '../arithmetic/rounding.ts';
import { checkChoice, checkFormat, checkNumber, checkReal } from '../validation.ts';
import { checkOptions } from '@x/tensor/arguments';

/**
 * What a floating-point format does with its largest exponents:
 *
 * - `ieee`: the largest exponent is kept for infinity and NaN.
 * - `fn`: no infinity; only the code of all ones is NaN, so that the largest exponent holds numbers too.
 * - `fnuz`: no infinity, no negative zero; its code is the one NaN.
 * - `finite`: numbers only.
 */
export type NonFinite = 'ieee' | 'fn' | 'fnuz' | 'finite';

/** A binary floating-point format of at most 32 bits: sign, exponent, mantissa, with subnormal numbers. */
export interface FloatFormat {
  readonly name: string;
  readonly exponentBits: number;
  readonly mantissaBits: number;
  readonly bias: number;
  readonly nonFinite: NonFinite;
  /** Largest finite number. */
  readonly max: number;
  /** Least normal number. */
  readonly leastNormal: number;
  /** Least positive number. */
  readonly least: number;
}

export interface FloatFormatOptions {
  /** Default 2^(exponentBits - 1) - 1, one more for `fnuz`. */
  readonly bias?: number;
  /** Default `ieee`. */
  readonly nonFinite?: NonFinite;
  readonly name?: string;
}

/**
 * A format of any exponent and mantissa width, to study what fewer bits do.
 *
 * @param exponentBits From 1 to 11.
 * @param mantissaBits Stored bits, from 0 to 51; `encode` and `decode` need 1 + exponentBits + mantissaBits ≤ 32.
 * @throws {RangeError} if a width is out of range.
 * @example
 * const e4m3 = floatFormat(4, 3, { nonFinite: 'fn' });
 * e4m3.max; // => 448
 */
export function floatFormat(exponentBits: number, mantissaBits: number, options: FloatFormatOptions = {}): FloatFormat {
  const { nonFinite = 'ieee', name = `e${exponentBits}m${mantissaBits}` } = checkOptions('floatFormat', options);
  checkNumber('floatFormat', 'exponentBits', exponentBits, { least: nonFinite === 'ieee' ? 2 : 1, most: 11, whole: true });
  checkNumber('floatFormat', 'mantissaBits', mantissaBits, { least: nonFinite === 'fn' ? 1 : 0, most: 51, whole: true });
  checkChoice('floatFormat', 'nonFinite', nonFinite, ['ieee', 'fn', 'fnuz', 'finite']);
  const { bias = 2 ** (exponentBits - 1) - (nonFinite === 'fnuz' ? 0 : 1) } = options;
  checkNumber('floatFormat', 'bias', bias, { least: -512, most: 1023, whole: true });
  const largestExponent = 2 ** exponentBits - 1 - (nonFinite === 'ieee' ? 1 : 0) - bias;
  const largestMantissa = 2 - 2 ** -mantissaBits - (nonFinite === 'fn' ? 2 ** -mantissaBits : 0);
  return {
    name,
    exponentBits,
    mantissaBits,
    bias,
    nonFinite,
    max: largestMantissa * 2 ** largestExponent,
    leastNormal: 2 ** (1 - bias),
    least: 2 ** (1 - bias - mantissaBits),
  };
}

export interface CastOptions {
  /** Default `half-even`, IEEE 754's. */
  readonly rounding?: Rounding;
  /** Whether numbers beyond the largest become it, rather than infinity or NaN. Formats of finite numbers always do. Default false. */
  readonly saturate?: boolean;
}

/**
 * The number of a format that x becomes.
 *
 * What rounds beyond the largest number becomes infinity (`ieee`), NaN (`fn`, `fnuz`), or, saturating, the largest. An
 * infinite x does the same, but in `fnuz` it is NaN also when saturating, as ONNX defines it. NaN stays NaN; formats of
 * finite numbers make it negative zero, as ml_dtypes does.
 *
 * @example
 * roundToFormat(5, formats.e2m1); // => 4
 */
export function roundToFormat(x: number, format: FloatFormat, options: CastOptions = {}): number {
  const { rounding = 'half-even', saturate = false } = checkOptions('roundToFormat', options);
  checkReal('roundToFormat', 'x', x);
  checkFormat('roundToFormat', 'format', format);
  const { mantissaBits, max, leastNormal, nonFinite } = format;
  if (Number.isNaN(x)) return nonFinite === 'finite' ? -0 : Number.NaN;
  const negative = x < 0 || Object.is(x, -0);
  const size = Math.abs(x);
  let rounded = size;
  if (size !== Infinity && size !== 0) {
    const quantum = 2 ** (Math.max(exponentOf(size), exponentOf(leastNormal)) - mantissaBits);
    // Floor goes toward -∞ whatever the sign.
    const scaled = (negative ? -size : size) / quantum;
    rounded = Math.abs(rounder(rounding)(scaled)) * quantum;
  }
  if (rounded > max) {
    if (nonFinite === 'fnuz' && size === Infinity) return Number.NaN;
    if (saturate || nonFinite === 'finite') rounded = max;
    else return nonFinite === 'ieee' ? (negative ? -Infinity : Infinity) : Number.NaN;
  }
  return negative && (rounded !== 0 || nonFinite !== 'fnuz') ? -rounded : rounded;
}

/** The bits of {@link roundToFormat}. */
export function encodeFloat(x: number, format: FloatFormat, options: CastOptions = {}): number {
  checkOptions('encodeFloat', options);
  checkReal('encodeFloat', 'x', x);
  checkFormat('encodeFloat', 'format', format);
  const { exponentBits, mantissaBits, bias, leastNormal, least, nonFinite } = format;
  const value = roundToFormat(x, format, options);
  const sign = 2 ** (exponentBits + mantissaBits);
  if (Number.isNaN(value)) {
    if (nonFinite === 'fnuz') return sign;
    if (nonFinite === 'fn') return sign - 1;
    // A quiet NaN.
    return (2 ** exponentBits - 1) * 2 ** mantissaBits + Math.floor(2 ** (mantissaBits - 1));
  }
  const size = Math.abs(value);
  const negative = value < 0 || Object.is(value, -0);
  let code: number;
  if (size === Infinity) code = (2 ** exponentBits - 1) * 2 ** mantissaBits;
  else if (size < leastNormal) code = size / least;
  else {
    const exponent = exponentOf(size);
    code = (exponent + bias - 1) * 2 ** mantissaBits + size / 2 ** (exponent - mantissaBits);
  }
  return negative ? sign + code : code;
}

/** The number of a code. */
export function decodeFloat(code: number, format: FloatFormat): number {
  checkReal('decodeFloat', 'code', code);
  checkFormat('decodeFloat', 'format', format);
  const { exponentBits, mantissaBits, bias, least, nonFinite } = format;
  const sign = 2 ** (exponentBits + mantissaBits);
  const negative = code >= sign;
  const size = negative ? code - sign : code;
  if (nonFinite === 'fnuz' && negative && size === 0) return Number.NaN;
  if (nonFinite === 'fn' && size === sign - 1) return Number.NaN;
  const field = Math.floor(size / 2 ** mantissaBits);
  const mantissa = size - field * 2 ** mantissaBits;
  let value: number;
  if (nonFinite === 'ieee' && field === 2 ** exponentBits - 1) value = mantissa === 0 ? Infinity : Number.NaN;
  else if (field === 0) value = mantissa * least;
  else value = (1 + mantissa / 2 ** mantissaBits) * 2 ** (field - bias);
  return negative ? -value : value;
}
