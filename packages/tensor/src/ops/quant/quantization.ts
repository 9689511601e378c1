/*
 * Integers of few bits as tfjs programs see them. tfjs has no dtype for them, so they lie packed in int32 tensors that these own:
 *
 * - QuantizedTensor { data, shape, scale, zeroPoint, type }: 8-bit activations, row-major; reshape is free. Made by quantizeTensor,
 *   dynamicQuantize, quantizedTensor; read by dequantizeTensor, values().
 * - QuantizedMatrix { inputs, units, bits, groupSize, scales, zeroPoints }: a weight of 2 to 8 bits, per tensor, per channel or by
 *   groups of inputs, laid out once. Made by quantizeMatrix (from floats) and quantizedMatrix (from integers).
 *
 * A calibrated network passes QuantizedTensors on: quantizeTensor -> int8Conv2d / int8DepthwiseConv2d / int8MaxPool / int8Linear / int8Map -> dequantizeTensor;
 * each takes `output: { scale, zeroPoint, type }`, an activation that is a clamp, and a rounding. Without calibration quantizedLinear takes
 * and gives floats. fakeQuantize is what training sees.
 */
import { roundHalfEven } from '../../kernels/reference/quant/rounding.ts';
import { checkOptions } from '../argument-kinds.ts';
import { checkChoice, checkNumber, describe } from '../arguments.ts';

/** The integers that 8-bit activations are: -128 to 127, or 0 to 255. */
export type Int8Type = 'int8' | 'uint8';

const types: readonly Int8Type[] = ['int8', 'uint8'];

/** What 8-bit integers q stand for: real = scale · (q - zeroPoint). */
export interface Quantization {
  /** Above 0. */
  readonly scale: number;
  /** A whole number of the type, so that 0 is represented exactly. Default 0. */
  readonly zeroPoint?: number;
  /** Default `int8`. */
  readonly type?: Int8Type;
}

/** Least and largest integer of a type. */
export function rangeOf(type: Int8Type): readonly [least: number, most: number] {
  return type === 'uint8' ? [0, 255] : [-128, 127];
}

/**
 * The quantization of 8 bits whose integers cover a range: the range is widened to include 0, scale = its width / 255, and
 * zeroPoint = least - min / scale, rounded half to even. The empty range [0, 0] has scale 1.
 *
 * @param symmetric Zero point 0 (128 of `uint8`), scale = max(|min|, |max|) / 127; the least integer is then not used. Default false.
 * @throws {RangeError} if an end is not finite or min > max.
 * @example
 * chooseQuantization(-1, 3, { type: 'uint8' }); // => { scale: 0.0156862754..., zeroPoint: 64, type: 'uint8' }
 *
 * As ONNX's DynamicQuantizeLinear (opset 11) for `uint8`.
 */
export function chooseQuantization(
  min: number,
  max: number,
  options: { readonly type?: Int8Type; readonly symmetric?: boolean } = {},
): Required<Quantization> {
  const { type = 'int8', symmetric = false } = checkOptions('chooseQuantization', options);
  const where = 'chooseQuantization';
  checkNumber(where, 'max', max);
  checkNumber(where, 'min', min, { most: max });
  checkChoice(where, 'type', type, types);
  const [least, most] = rangeOf(type);
  const low = Math.fround(Math.min(min, 0));
  const high = Math.fround(Math.max(max, 0));
  const middle = type === 'uint8' ? 128 : 0;
  if (symmetric) return { scale: positive(Math.fround(Math.max(-low, high) / 127)), zeroPoint: middle, type };
  const scale = positive(Math.fround(Math.fround(high - low) / 255));
  return { scale, zeroPoint: Math.min(Math.max(roundHalfEven(least - Math.fround(low / scale)), least), most), type };
}

/** A scale that can be divided by: a range too small for one has scale 1, in which all its values are 0. */
function positive(scale: number): number {
  return scale > 0 ? scale : 1;
}

/** @throws {RangeError} unless it is a number above 0 that is one in float32 too, in which the kernels compute. */
export function checkScale(where: string, name: string, scale: unknown): void {
  checkNumber(where, name, scale, { above: 0 });
  checkNumber(where, `${name} in float32`, Math.fround(scale as number), { above: 0 });
}

/** @throws {TypeError | RangeError} unless it is a quantization; gives it with its defaults. */
export function checkQuantization(where: string, name: string, value: unknown): Required<Quantization> {
  if (typeof value !== 'object' || value === null)
    throw new TypeError(
      `${where}: ${name} is ${describe(value)}, but must be { scale, zeroPoint?, type? }; chooseQuantization(min, max) makes one.`,
    );
  const { scale, zeroPoint = 0, type = 'int8' } = value as Partial<Quantization>;
  checkScale(where, `${name}.scale`, scale);
  checkChoice(where, `${name}.type`, type, types);
  const [least, most] = rangeOf(type);
  checkNumber(where, `${name}.zeroPoint`, zeroPoint, { least, most, whole: true });
  return { scale: scale as number, zeroPoint, type };
}
