import { checkNumber, checkObject, checkReal } from '../validation.ts';
import { roundHalfAway, roundHalfEven } from './rounding.ts';
import { checkOptions } from '@x/tensor/arguments';

/** real = scale · (q - zeroPoint). */
export interface QuantizationParameters {
  readonly scale: number;
  /** A whole number from `least` to `most`, so that 0 is represented exactly. */
  readonly zeroPoint: number;
  /** Least integer. */
  readonly least: number;
  /** Largest integer. */
  readonly most: number;
}

export interface ParameterOptions {
  /** From 2 to 16. Default 8. */
  readonly bits?: number;
  /** Whether the zero point is 0 and the integers are as many below it as above, [-127, 127] of 8 bits. Default false. */
  readonly symmetric?: boolean;
  /** Whether the integers start at 0. Default false: [-128, 127] of 8 bits. */
  readonly unsigned?: boolean;
}

/** The integers of a width. */
export function integerRange(options: ParameterOptions = {}): { least: number; most: number } {
  const { bits = 8, symmetric = false, unsigned = false } = checkOptions('integerRange', options);
  const half = 2 ** (bits - 1);
  if (unsigned) return { least: 0, most: 2 * half - 1 };
  return { least: symmetric ? 1 - half : -half, most: half - 1 };
}

/** Least scale, so that a tensor of zeros still has one: the least normal float32. */
const LEAST_SCALE = 2 ** -126;

/**
 * Scale and zero point of a range of real numbers, which is widened to hold 0.
 *
 * Symmetric: scale = max(|min|, |max|) / most. Otherwise scale = (max - min) / (most - least) and the zero point is
 * computed from the end where the rounding error is smaller, as TFLite's ChooseQuantizationParams. A range of zeros has scale 1.
 *
 * @throws {RangeError} if an end is not finite, min > max, or the width out of range.
 * @example
 * quantizationParameters(-10, 30, { unsigned: true }).zeroPoint; // => 64
 */
export function quantizationParameters(min: number, max: number, options: ParameterOptions = {}): QuantizationParameters {
  checkOptions('quantizationParameters', options);
  const where = 'quantizationParameters';
  const { bits = 8, symmetric = false, unsigned = false } = options;
  checkNumber(where, 'max', max);
  checkNumber(where, 'min', min, { most: max });
  checkNumber(where, 'bits', bits, { least: 2, most: 16, whole: true });
  if (symmetric && unsigned)
    throw new RangeError(`${where}: symmetric and unsigned are both true, but a symmetric range has integers of both signs.`);
  const { least, most } = integerRange(options);
  const low = Math.min(min, 0);
  const high = Math.max(max, 0);
  if (low === high) return { scale: 1, zeroPoint: 0, least, most };
  if (symmetric) return { scale: Math.max(-low, high) / most || LEAST_SCALE, zeroPoint: 0, least, most };
  const scale = Math.max((high - low) / (most - least), LEAST_SCALE);
  const fromLow = least - low / scale;
  const fromHigh = most - high / scale;
  const errorLow = Math.abs(least) + Math.abs(low / scale);
  const errorHigh = Math.abs(most) + Math.abs(high / scale);
  const zero = errorLow < errorHigh ? fromLow : fromHigh;
  return { scale, zeroPoint: Math.min(Math.max(roundHalfAway(zero), least), most), least, most };
}

/** Quantized numbers: clamp(round(x / scale) + zeroPoint), ties to even before the zero point is added, as ONNX has it. */
export function quantizeValue(x: number, parameters: QuantizationParameters): number {
  checkReal('quantizeValue', 'x', x);
  checkObject('quantizeValue', 'parameters', parameters, ['scale']);
  const { scale, zeroPoint, least, most } = parameters;
  return Math.min(Math.max(roundHalfEven(x / scale) + zeroPoint, least), most);
}
