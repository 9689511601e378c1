import type { OnnxTensor } from '@x/tensor/onnx';
import { OnnxError } from '@x/tensor/onnx';

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
      return { dtype, shape, values: Int32Array.from(new BigInt64Array(buffer), Number) };
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

/** What DequantizeLinear makes of constants: of 8-bit integers a quantized constant, of 32-bit ones floats. */
export function dequantized(
  { dtype, shape, values }: Constant,
  scale: Constant,
  zero: Constant | undefined,
  axis: number,
  block: number,
): Constant | QuantizedConstant {
  const scales = Float32Array.from(scale.values);
  const along = scales.length === 1 && block === 0 ? undefined : (axis + shape.length) % shape.length;
  if (dtype === 'I32') {
    const inner = along === undefined ? 1 : shape.slice(along + 1).reduce((product, size) => product * size, 1);
    const real = Float32Array.from(values, (value, at) => value * (scales[Math.floor(at / inner) % scales.length] as number));
    return { dtype: 'F32', shape, values: real };
  }
  const less = dtype === 'U8' ? 128 : 0;
  return {
    ...{ shape, scales, axis: along, block: block === 0 ? undefined : block },
    integers: Int8Array.from(values, (value) => value - less),
    zeros: Int32Array.from(scales, (_, at) => (zero?.values[at] ?? 0) - less),
  };
}

/** The floats of a quantized constant. */
export function realValues({ shape, integers, scales, zeros, axis, block }: QuantizedConstant): Float32Array<ArrayBuffer> {
  const inner = axis === undefined ? integers.length : shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const size = axis === undefined ? 1 : (shape[axis] as number);
  const steps = block === undefined ? size : Math.ceil(size / block);
  return Float32Array.from(integers, (value, at) => {
    const place = Math.floor(at / inner) % size;
    const step = block === undefined ? place : Math.floor(place / block);
    // Scales of blocks have the shape of the values, with blocks along the axis.
    const index =
      axis === undefined ? 0 : block === undefined ? step : (Math.floor(at / (inner * size)) * steps + step) * inner + (at % inner);
    return (scales[index] as number) * (value - (zeros[index] as number));
  });
}

export function isQuantized(constant: Constant | QuantizedConstant): constant is QuantizedConstant {
  return 'integers' in constant;
}
