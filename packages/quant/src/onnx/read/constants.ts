import type { OnnxTensor } from '@x/tensor/onnx';
import { OnnxError } from '@x/tensor/onnx';
import { roundHalfEven } from '../../arithmetic/rounding.ts';

/** A constant of a model: its numbers and their type. */
export interface Constant {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array | Int8Array | Uint8Array;
}

/** Integers of a constant with what they stand for: value = scale · (q - zero). */
export interface QuantizedConstant {
  readonly shape: readonly number[];
  readonly integers: Int8Array;
  readonly scales: Float32Array;
  readonly zeros: Int32Array;
  /** The axis along which scales go, or blocks of a scale each; of one scale there is none. */
  readonly axis: number | undefined;
  readonly block: number | undefined;
}

/** @throws {OnnxError} if its dtype is none of those that networks here have. */
export function constantOf({ name, read }: OnnxTensor): Constant {
  const { dtype, shape, bytes } = read();
  const { buffer } = bytes;
  switch (dtype) {
    case 'F32':
      return { dtype, shape, values: new Float32Array(buffer) };
    case 'I64':
      // What is beyond int32 stands for the farthest there is, as the end of a slice.
      return {
        ...{ dtype, shape },
        values: Int32Array.from(new BigInt64Array(buffer), (value) => Math.min(Math.max(Number(value), -(2 ** 31)), 2 ** 31 - 1)),
      };
    case 'I32':
      return { dtype, shape, values: new Int32Array(buffer) };
    case 'I8':
      return { dtype, shape, values: new Int8Array(buffer) };
    case 'U8':
      return { dtype, shape, values: bytes };
    default:
      throw new OnnxError('UnsupportedDtype', `Tensor '${name}' is of ${dtype}, which fromOnnx doesn't take; save the model in float32.`);
  }
}

/** Where scales and zero points go along a constant's axis, or blocks of it. */
type Along = Pick<QuantizedConstant, 'shape' | 'axis' | 'block'>;

/** @throws {OnnxError} unless there are as many scales and zero points as the axis, or its blocks, need. */
function along(op: string, shape: readonly number[], scales: number, zeros: number | undefined, axis: number, block: number): Along {
  const own = axis < 0 ? axis + shape.length : axis;
  const size = shape[own] ?? 0;
  const one = scales === 1 && block === 0;
  const needed = block === 0 ? size : (shape.reduce((product, length) => product * length, 1) / size) * Math.ceil(size / block);
  if ((!one && scales !== needed) || (zeros ?? scales) !== scales)
    throw new OnnxError(
      'Malformed',
      `${op} has ${scales} scales and ${zeros ?? 'no'} zero points for [${shape.join(', ')}] along axis ${axis}; there must be ${needed}, or one.`,
    );
  return { shape, axis: one ? undefined : own, block: block === 0 ? undefined : block };
}

/** The index of a value's scale. */
function scaleOf({ shape, axis, block }: Along): (at: number) => number {
  if (axis === undefined) return () => 0;
  const inner = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const size = shape[axis] as number;
  if (block === undefined) return (at) => Math.floor(at / inner) % size;
  const steps = Math.ceil(size / block);
  // Scales of blocks have the shape of the values, with blocks along the axis.
  return (at) => (Math.floor(at / (inner * size)) * steps + Math.floor((Math.floor(at / inner) % size) / block)) * inner + (at % inner);
}

/** What DequantizeLinear makes of constants: of 8-bit integers a quantized constant, of 32-bit ones floats. */
export function dequantized(
  { dtype, shape, values }: Constant,
  scale: Constant,
  zero: Constant | undefined,
  axis: number,
  block: number,
): Constant | QuantizedConstant {
  const scales = Float32Array.from(scale.values);
  const place = along('DequantizeLinear', shape, scales.length, zero?.values.length, axis, block);
  if (dtype === 'I32') {
    const index = scaleOf(place);
    return { dtype: 'F32', shape, values: Float32Array.from(values, (value, at) => value * (scales[index(at)] as number)) };
  }
  const less = dtype === 'U8' ? 128 : 0;
  return {
    ...{ ...place, scales },
    integers: Int8Array.from(values, (value) => value - less),
    zeros: Int32Array.from(scales, (_, at) => (zero?.values[at] ?? 0) - less),
  };
}

/** What QuantizeLinear makes of constants, to `type` where no zero point has one. */
export function quantized(
  { shape, values }: Constant,
  scale: Constant,
  zero: Constant | undefined,
  axis: number,
  block: number,
  type: string,
): Constant {
  const scales = scale.values;
  const dtype = zero?.dtype ?? type;
  if (dtype !== 'I8' && dtype !== 'U8')
    throw new OnnxError('UnsupportedDtype', `QuantizeLinear makes ${dtype} of a constant; I8 and U8 can be run.`);
  const index = scaleOf(along('QuantizeLinear', shape, scales.length, zero?.values.length, axis, block));
  const [least, most] = dtype === 'U8' ? [0, 255] : [-128, 127];
  const integers = Array.from(values, (value, at) => {
    const own = index(at);
    return Math.min(Math.max(roundHalfEven(Math.fround(value / (scales[own] as number))) + (zero?.values[own] ?? 0), least), most);
  });
  return { dtype, shape, values: dtype === 'U8' ? Uint8Array.from(integers) : Int8Array.from(integers) };
}

/** The floats of a quantized constant. */
export function realValues(constant: QuantizedConstant): Float32Array<ArrayBuffer> {
  const { integers, scales, zeros } = constant;
  const index = scaleOf(constant);
  return Float32Array.from(integers, (value, at) => {
    const own = index(at);
    return (scales[own] as number) * (value - (zeros[own] as number));
  });
}

export function isQuantized(constant: Constant | QuantizedConstant): constant is QuantizedConstant {
  return 'integers' in constant;
}
