import { blockCodecs, decodeBlocks, encodeBlocks, type BlockType } from './block-types.ts';
import { decodeFloats, encodeFloats } from '../formats/cast.ts';
import { bfloat16, float16 } from '../formats/formats.ts';

/** A tensor type of GGUF: its number there, and the bytes of a block of numbers. */
export interface TensorType {
  readonly name: string;
  readonly id: number;
  readonly numbers: number;
  readonly bytes: number;
  /** Missing where values can't be read here. */
  readonly decode?: (bytes: Uint8Array) => Float32Array | Float64Array | BigInt64Array | Int8Array | Int16Array | Int32Array;
  /** Missing where values can't be written here. */
  readonly encode?: (values: Float32Array) => Uint8Array;
}

/** A copy at the start of a buffer of its own, where any view is aligned. */
function aligned(bytes: Uint8Array): ArrayBuffer {
  return bytes.slice().buffer;
}

/** The bytes of little-endian 16-bit codes. */
function words(codes: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(codes.length * 2);
  for (let i = 0; i < codes.length; i++) {
    bytes[2 * i] = (codes[i] as number) & 0xff;
    bytes[2 * i + 1] = (codes[i] as number) >> 8;
  }
  return bytes;
}

const plain: readonly TensorType[] = [
  {
    ...{ name: 'F32', id: 0, numbers: 1, bytes: 4 },
    decode: (bytes) => new Float32Array(aligned(bytes)),
    encode: (values) => new Uint8Array(Float32Array.from(values).buffer),
  },
  {
    ...{ name: 'F16', id: 1, numbers: 1, bytes: 2 },
    decode: (bytes) => decodeFloats(new Uint16Array(aligned(bytes)), float16),
    encode: (values) => words(encodeFloats(values, float16)),
  },
  {
    ...{ name: 'BF16', id: 30, numbers: 1, bytes: 2 },
    decode: (bytes) => decodeFloats(new Uint16Array(aligned(bytes)), bfloat16),
    encode: (values) => words(encodeFloats(values, bfloat16)),
  },
  { ...{ name: 'F64', id: 28, numbers: 1, bytes: 8 }, decode: (bytes) => new Float64Array(aligned(bytes)) },
  { ...{ name: 'I8', id: 24, numbers: 1, bytes: 1 }, decode: (bytes) => new Int8Array(aligned(bytes)) },
  { ...{ name: 'I16', id: 25, numbers: 1, bytes: 2 }, decode: (bytes) => new Int16Array(aligned(bytes)) },
  { ...{ name: 'I32', id: 26, numbers: 1, bytes: 4 }, decode: (bytes) => new Int32Array(aligned(bytes)) },
  { ...{ name: 'I64', id: 27, numbers: 1, bytes: 8 }, decode: (bytes) => new BigInt64Array(aligned(bytes)) },
];

/** Known so that files that hold them can be listed and their other tensors read. */
const unread: readonly (readonly [name: string, id: number, numbers: number, bytes: number])[] = [
  ['Q8_1', 9, 32, 40],
  ['Q8_K', 15, 256, 292],
  ['IQ2_XXS', 16, 256, 66],
  ['IQ2_XS', 17, 256, 74],
  ['IQ3_XXS', 18, 256, 98],
  ['IQ1_S', 19, 256, 50],
  ['IQ3_S', 21, 256, 110],
  ['IQ2_S', 22, 256, 82],
  ['IQ1_M', 29, 256, 56],
];

const all: readonly TensorType[] = [
  ...plain,
  ...Array.from(blockCodecs.values(), ({ name, id, numbers, bytes }): TensorType => ({
    ...{ name, id, numbers, bytes },
    decode: (data) => decodeBlocks(data, name as BlockType),
    encode: (values) => encodeBlocks(values, name as BlockType),
  })),
  ...unread.map(([name, id, numbers, bytes]) => ({ name, id, numbers, bytes })),
];

export const typesById: ReadonlyMap<number, TensorType> = new Map(all.map((type) => [type.id, type]));
export const typesByName: ReadonlyMap<string, TensorType> = new Map(all.map((type) => [type.name, type]));
