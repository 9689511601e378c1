import { WireType } from '@bufbuild/protobuf/wire';
import { packRaw, type RawTensor } from '../raw-tensor.ts';
import { byteLength, type SafetensorsDtype } from '../safetensors-dtype.ts';
import { onnxDtypes, onnxOnlyDtypes } from './onnx-dtype.ts';
import { OnnxError } from './onnx-error.ts';
import { asBytes, asNumber, asNumbers, asText, readFields } from './protobuf-fields.ts';

/** A tensor with its name, which may be empty. */
export interface NamedRaw {
  readonly name: string;
  readonly raw: RawTensor;
}

const EXTERNAL = 1;
const UINT4 = 21;
const INT4 = 22;

/** The fields of onnx.TensorProto. */
interface Fields {
  readonly dims: bigint[];
  type: number;
  name: string;
  raw: Uint8Array | undefined;
  location: number;
  readonly floats: number[];
  readonly integers: number[];
  readonly longs: bigint[];
  readonly doubles: number[];
  readonly unsigned: bigint[];
}

/**
 * A tensor from the bytes of an `onnx.TensorProto`, such as the files of ONNX's test data.
 *
 * @throws {OnnxError} if the bytes are no such message, its values don't fill its shape, they lie in another file, or are of a dtype
 * that safetensors lacks (texts, complex128). Integers of 4 bits come as bytes, I8 or U8.
 *
 * ONNX's IR, version 11; `onnx.proto3` numbers the fields.
 */
export function decodeOnnxTensor(bytes: Uint8Array): NamedRaw {
  const fields = readTensor(bytes);
  const { name, type } = fields;
  const what = `Tensor '${name}'`;
  const nibbles = type === UINT4 || type === INT4;
  const dtype = nibbles ? (type === INT4 ? 'I8' : 'U8') : onnxDtypes[type];
  if (dtype === undefined)
    throw new OnnxError('UnsupportedDtype', `${what} is of ONNX's data type ${onnxOnlyDtypes[type] ?? type}, which can't be read here.`);
  if (fields.location === EXTERNAL)
    throw new OnnxError(
      'ExternalData',
      `${what} lies in another file; save the model with its weights inside (onnx.save_model, save_as_external_data=False).`,
    );
  const shape = fields.dims.map((size) => {
    if (size < 0n || size > BigInt(Number.MAX_SAFE_INTEGER)) throw new OnnxError('WrongSize', `${what} has a dimension of ${size}.`);
    return Number(size);
  });
  const needed = byteLength(dtype, shape);
  if (nibbles) return { name, raw: { dtype, shape, bytes: unpacked(what, shape, fields, type === INT4) } };
  const values = fields.raw ? littleEndian(dtype, fields.raw) : valuesOf(dtype, fields);
  if (needed !== BigInt(values.length))
    throw new OnnxError('WrongSize', `${what} has ${values.length} bytes, but ${dtype}[${shape.join(', ')}] takes ${needed}.`);
  return { name, raw: { dtype, shape, bytes: values } };
}

function readTensor(bytes: Uint8Array): Fields {
  const fields: Fields = {
    dims: [],
    type: 0,
    name: '',
    raw: undefined,
    location: 0,
    floats: [],
    integers: [],
    longs: [],
    doubles: [],
    unsigned: [],
  };
  readFields('A tensor', bytes, {
    1: asNumbers(
      WireType.Varint,
      (reader) => BigInt(reader.int64()),
      (size) => fields.dims.push(size),
    ),
    2: asNumber((type) => (fields.type = type)),
    4: asNumbers(
      WireType.Bit32,
      (reader) => reader.float(),
      (value) => fields.floats.push(value),
    ),
    5: asNumbers(
      WireType.Varint,
      (reader) => Number(reader.int64()),
      (value) => fields.integers.push(value),
    ),
    7: asNumbers(
      WireType.Varint,
      (reader) => BigInt(reader.int64()),
      (value) => fields.longs.push(value),
    ),
    8: asText((name) => (fields.name = name)),
    9: asBytes((raw) => (fields.raw = raw)),
    10: asNumbers(
      WireType.Bit64,
      (reader) => reader.double(),
      (value) => fields.doubles.push(value),
    ),
    11: asNumbers(
      WireType.Varint,
      (reader) => BigInt(reader.uint64()),
      (value) => fields.unsigned.push(value),
    ),
    14: asNumber((location) => (fields.location = location)),
  });
  return fields;
}

/** Integers of 4 bits, two to a byte with the first in the lower half, a byte each. */
function unpacked(what: string, shape: readonly number[], { raw, integers }: Fields, signed: boolean): Uint8Array<ArrayBuffer> {
  const packed = raw ?? Uint8Array.from(integers);
  const count = shape.reduce((product, size) => product * size, 1);
  if (packed.length !== Math.ceil(count / 2))
    throw new OnnxError('WrongSize', `${what} has ${packed.length} bytes, but ${count} integers of 4 bits take ${Math.ceil(count / 2)}.`);
  return Uint8Array.from({ length: count }, (_, i) => {
    const nibble = ((packed[i >> 1] as number) >> (4 * (i & 1))) & 15;
    return signed && nibble > 7 ? nibble - 16 : nibble;
  });
}

function littleEndian(dtype: SafetensorsDtype, raw: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(raw);
  if (dtype === 'BOOL' && bytes.some((value) => value > 1)) throw new OnnxError('Malformed', 'A truth value is neither 0 nor 1.');
  return bytes;
}

/** Values from the field of their type. Floats of fewer than 32 bits are there as their codes. */
function valuesOf(dtype: SafetensorsDtype, { floats, integers, longs, doubles, unsigned }: Fields): Uint8Array<ArrayBuffer> {
  const pack = (as: SafetensorsDtype, values: number[] | bigint[]): Uint8Array<ArrayBuffer> => {
    try {
      return packRaw(as, [values.length], values as number[]).bytes;
    } catch (error) {
      throw new OnnxError('Malformed', `A value is out of the range of ${dtype}: ${(error as Error).message}`, { cause: error });
    }
  };
  switch (dtype) {
    case 'F32':
    case 'C64':
      return pack('F32', floats);
    case 'F64':
      return pack('F64', doubles);
    case 'I64':
      return pack('I64', longs);
    case 'U64':
      return pack('U64', unsigned);
    case 'U32':
      return pack('U32', unsigned.map(Number));
    case 'F16':
    case 'BF16':
      return pack('U16', integers);
    case 'F8_E4M3':
    case 'F8_E5M2':
    case 'F8_E4M3FNUZ':
    case 'F8_E5M2FNUZ':
      return pack('U8', integers);
    default:
      return pack(dtype, integers);
  }
}
