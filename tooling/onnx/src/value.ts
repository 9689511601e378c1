import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import { unpackRaw, type RawTensor } from '@x/tensor';
import { decodeOnnxTensor, OnnxError } from '@x/tensor/onnx';
import { NotRun } from './not-run.ts';

/** A tensor of a dtype of tfjs: float32 (also for doubles, which are rounded), int32 (also for 64-bit integers that fit), bool. */
export function toTensor(raw: RawTensor): Tensor {
  const values = unpackRaw(raw);
  const shape = [...raw.shape];
  switch (raw.dtype) {
    case 'F32':
      return tensor(Float32Array.from(values as Float32Array), shape, 'float32');
    case 'F64':
      return tensor(Float32Array.from(values as Float64Array), shape, 'float32');
    case 'I32':
      return tensor(Int32Array.from(values as Int32Array), shape, 'int32');
    case 'BOOL':
      return tensor(Uint8Array.from(values as Uint8Array), shape, 'bool');
    case 'I64':
      return tensor(Int32Array.from(values as BigInt64Array, clamped), shape, 'int32');
    default:
      throw new NotRun(`dtype ${onnxName(raw.dtype)} is not in tfjs`);
  }
}

/** ONNX's own largest and least numbers, as ends of slices, mean "to the end". Others must fit. */
function clamped(value: bigint): number {
  const int32 = Number(BigInt.asIntN(32, value));
  if (BigInt(int32) === value) return int32;
  if (value >= 2n ** 62n || value <= -(2n ** 62n)) return value > 0n ? 2 ** 31 - 1 : -(2 ** 31);
  throw new NotRun('a value of int64 is beyond int32');
}

/** A tensor of a file of test data. */
export function readTensor(bytes: Uint8Array): Tensor {
  try {
    return toTensor(decodeOnnxTensor(bytes).raw);
  } catch (error) {
    throw error instanceof OnnxError ? notRun(error) : error;
  }
}

/** Why a tensor that can't be read isn't: its dtype, or because it is a sequence and no tensor. */
export function notRun({ code, message }: OnnxError): NotRun {
  const type = /data type (\w+)/.exec(message)?.[1];
  if (code === 'UnsupportedDtype' && type !== 'UNDEFINED') return new NotRun(`dtype ${type?.toLowerCase()} is not in tfjs`);
  return new NotRun('sequences and optional values are not in tfjs');
}

export function onnxName(dtype: string): string {
  const names: Record<string, string> = {
    F16: 'float16',
    BF16: 'bfloat16',
    U8: 'uint8',
    I8: 'int8',
    U16: 'uint16',
    I16: 'int16',
    U32: 'uint32',
    U64: 'uint64',
  };
  return names[dtype] ?? dtype;
}
