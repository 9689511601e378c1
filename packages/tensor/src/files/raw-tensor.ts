import { tensor, type DataType, type Tensor } from '@tensorflow/tfjs-core';
import { checkShape, describe } from '../ops/arguments.ts';
import { byteLength, dtypeBits, dtypeNames, isDtype, type SafetensorsDtype } from './safetensors-dtype.ts';
import { decodeSmallFloats, encodeSmallFloats, smallFloats, type SmallFloatName } from './small-float.ts';

/** Values of any dtype that safetensors knows, as the bytes of a file: little-endian, the last axis fastest. */
export interface RawTensor {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Values as JavaScript has them; floats of fewer than 32 bits as the float32 they equal. */
export type RawValues =
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>
  | BigUint64Array<ArrayBuffer>;

interface ArrayOf {
  new (length: number): RawValues;
  new (buffer: ArrayBuffer, offset: number, length: number): RawValues;
  readonly BYTES_PER_ELEMENT: number;
}

const arrays = {
  BOOL: Uint8Array,
  U8: Uint8Array,
  I8: Int8Array,
  I16: Int16Array,
  U16: Uint16Array,
  I32: Int32Array,
  U32: Uint32Array,
  F32: Float32Array,
  F64: Float64Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
} as const satisfies Record<string, ArrayOf>;

export interface PackRawOptions {
  /** Whether a value too large for the dtype becomes its largest instead of an infinity or NaN; for floats of fewer than 32 bits. Default false. */
  readonly saturate?: boolean;
}

/**
 * Values as a raw tensor of a dtype, to be written by {@link saveSafetensors} beside tensors.
 *
 * Floats are rounded to the nearest of F16, BF16 and F8, ties to even. Integers must lie in the dtype's range. For dtypes whose
 * values have no array of their own (F4, F6, F8_E8M0, C64) give the bytes, as a Uint8Array.
 *
 * @throws {TypeError | RangeError} if the dtype is unknown, the values are of another type or out of range, or don't fill the shape.
 * @example
 * const scales = packRaw('BF16', [2], [0.5, 0.25]);
 * await saveSafetensors('model.safetensors', { weight: packRaw('I8', [2, 2], Int8Array.of(1, -2, 3, -4)), scales });
 */
export function packRaw(
  dtype: SafetensorsDtype,
  shape: readonly number[],
  values: ArrayLike<number> | ArrayLike<bigint>,
  { saturate = false }: PackRawOptions = {},
): RawTensor {
  if (!isDtype(dtype)) throw new RangeError(`packRaw: dtype is ${describe(dtype)}, but must be one of ${dtypeNames.join(', ')}.`);
  checkShape('packRaw', 'shape', shape);
  if (typeof (values as ArrayLike<number> | undefined)?.length !== 'number')
    throw new TypeError(`packRaw: values is ${describe(values)}, but must be an array.`);
  const bytes = pack(dtype, values, saturate);
  const needed = byteLength(dtype, shape);
  if (needed !== BigInt(bytes.length))
    throw new RangeError(
      needed === undefined
        ? `packRaw: ${dtype}[${shape.join(', ')}] ends inside a byte; choose a shape whose bits fill whole bytes.`
        : `packRaw: values take ${bytes.length} bytes, but ${dtype}[${shape.join(', ')}] takes ${needed}.`,
    );
  return { dtype, shape: [...shape], bytes };
}

/**
 * The values of a raw tensor, exactly: F16, BF16 and F8 as Float32Array, I64 and U64 as arrays of BigInt, the others as the array of
 * their type. The array may share the raw tensor's memory.
 *
 * @throws {TypeError} for the dtypes F4, F6, F8_E8M0 and C64, of which there are only the bytes.
 */
export function unpackRaw({ dtype, bytes }: RawTensor): RawValues {
  if (isSmallFloat(dtype)) {
    const codes = dtypeBits[dtype] === 8 ? bytes : (aligned(Uint16Array, bytes) as Uint16Array);
    return decodeSmallFloats(smallFloats[dtype], codes);
  }
  if (!hasArray(dtype))
    throw new TypeError(
      `unpackRaw: no array holds the values of ${String(dtype)}; take the bytes of the raw tensor and unpack them yourself.`,
    );
  return aligned(arrays[dtype], bytes);
}

/**
 * A raw tensor as a tensor that computes: floats as float32, integers as int32, BOOL as bool.
 *
 * F64 is rounded to float32. I64, U64 and U32 must fit int32.
 *
 * @throws {RangeError | TypeError} if an integer doesn't fit, or for dtypes that {@link unpackRaw} refuses.
 */
export function rawToTensor(raw: RawTensor): Tensor {
  return tensorOfOwn({ ...raw, bytes: raw.bytes.slice() });
}

/** The same of a raw tensor that nobody else uses: its bytes may become the tensor's, which tfjs doesn't copy. */
export function tensorOfOwn(raw: RawTensor): Tensor {
  const { dtype, shape } = raw;
  const values = unpackRaw(raw);
  if (dtype === 'BOOL') return tensor(values as Uint8Array, [...shape], 'bool');
  if (dtype === 'I32') return tensor(values as Int32Array, [...shape], 'int32');
  if (values instanceof Float32Array) return tensor(values, [...shape], 'float32');
  if (values instanceof Float64Array) return tensor(Float32Array.from(values), [...shape], 'float32');
  const integers = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number | bigint;
    integers[i] = Number(value);
    if (integers[i] !== Number(value))
      throw new RangeError(
        `rawToTensor: value ${i} of ${dtype}[${shape.join(', ')}] is ${value}, which int32 doesn't hold; use unpackRaw() and convert it yourself.`,
      );
  }
  return tensor(integers, [...shape], 'int32');
}

/** The dtype of a tensor in a file, or undefined for those that the format lacks. */
export function dtypeOf(value: Tensor): SafetensorsDtype | undefined {
  const names: Partial<Record<DataType, SafetensorsDtype>> = { float32: 'F32', int32: 'I32', bool: 'BOOL' };
  return names[value.dtype];
}

function pack(dtype: SafetensorsDtype, values: ArrayLike<number> | ArrayLike<bigint>, saturate: boolean): Uint8Array<ArrayBuffer> {
  if (isSmallFloat(dtype)) {
    if (typeof (values[0] ?? 0) !== 'number') throw wrongType(dtype, values, 'numbers');
    return bytesOfArray(encodeSmallFloats(smallFloats[dtype], values as ArrayLike<number>, saturate));
  }
  if (!hasArray(dtype)) {
    if (!(values instanceof Uint8Array)) throw wrongType(dtype, values, 'bytes, as a Uint8Array');
    return values.slice();
  }
  const big = dtype === 'I64' || dtype === 'U64';
  if (typeof (values[0] ?? (big ? 0n : 0)) !== (big ? 'bigint' : 'number')) throw wrongType(dtype, values, big ? 'BigInts' : 'numbers');
  const array: RawValues = new (arrays[dtype] as ArrayOf)(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    array[i] = value;
    if (dtype === 'F32' || dtype === 'F64') continue;
    if (array[i] !== value || (dtype === 'BOOL' && value > 1))
      throw new RangeError(`packRaw: values[${i}] is ${value}, which ${dtype} doesn't hold; round and clip it before.`);
  }
  return bytesOfArray(array);
}

function wrongType(dtype: SafetensorsDtype, values: unknown, wanted: string): TypeError {
  return new TypeError(`packRaw: values is ${describe(values)}, but for ${dtype} must be ${wanted}.`);
}

function isSmallFloat(dtype: SafetensorsDtype): dtype is SmallFloatName {
  return Object.hasOwn(smallFloats, dtype);
}

function hasArray(dtype: SafetensorsDtype): dtype is keyof typeof arrays {
  return Object.hasOwn(arrays, dtype);
}

function bytesOfArray(array: ArrayBufferView<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** A view of bytes as numbers; a copy where they lie unaligned, which the format allows. */
function aligned(array: ArrayOf, bytes: Uint8Array<ArrayBuffer>): RawValues {
  const { buffer, byteOffset } = bytes.byteOffset % array.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice();
  return new array(buffer, byteOffset, bytes.byteLength / array.BYTES_PER_ELEMENT);
}
