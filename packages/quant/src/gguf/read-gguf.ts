import { show } from '../validation.ts';
import { ByteReader } from './byte-reader.ts';
import { GgufError } from './gguf-error.ts';
import { readValue, type MetadataValue } from './metadata.ts';
import { typesById, type TensorType } from './tensor-types.ts';

/** A tensor in a file. */
export interface GgufTensor {
  readonly name: string;
  /** Such as `Q4_K` or `F16`. */
  readonly type: string;
  /** Sizes as tfjs and PyTorch have them, the last axis that of neighbours in memory; GGUF itself writes them in the other order. */
  readonly shape: readonly number[];
  /** Its bytes, a view into the file's. */
  readonly bytes: Uint8Array;
  /**
   * Its numbers, row-major: float32 for all float and block types, F64 as float64, integers as their own.
   *
   * @throws {Error} if the type can't be read here.
   */
  values(): Float32Array | Float64Array | BigInt64Array | Int8Array | Int16Array | Int32Array;
}

/** What a GGUF file holds. */
export interface GgufFile {
  readonly version: number;
  readonly metadata: ReadonlyMap<string, MetadataValue>;
  /** Types of the metadata, such as `uint32` or `array:string`. */
  readonly metadataTypes: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
}

const MAGIC = 0x46554747;
const DEFAULT_ALIGNMENT = 32;
const MOST_AXES = 8;
const MOST_NAME_BYTES = 64;
/** Least bytes of a metadata entry, and of what is said of a tensor. */
const LEAST_ENTRY = 8 + 4 + 1;
const LEAST_TENSOR = 8 + 4 + 4 + 8;

/**
 * Reads a GGUF file of version 2 or 3. Nothing is copied or decoded before it is asked for.
 *
 * @throws {GgufError} if the bytes are not a whole and consistent file: counts and lengths that the file has no room for, nesting
 *   deeper than 4, more than 8 axes, sizes that overflow, an alignment that is no multiple of 8, tensors that overlap, lie
 *   outside, aren't aligned, share a name, or don't fill blocks.
 * @example
 * const { metadata, tensors } = readGguf(new Uint8Array(await readFile('model.gguf')));
 * tensors.get('token_embd.weight').values();
 *
 * ggml's docs/gguf.md.
 */
export function readGguf(bytes: Uint8Array): GgufFile {
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`readGguf: bytes is ${show(bytes)}, but must be a Uint8Array.`);
  const reader = new ByteReader(bytes);
  const magic = reader.u32('the magic');
  if (magic !== MAGIC) throw new GgufError(`The file begins with ${magic.toString(16)}, not with "GGUF": it is no GGUF file.`);
  const version = reader.u32('the version');
  if (version !== 2 && version !== 3)
    throw new GgufError(`The version is ${version}, but 2 and 3 can be read; a very large one means a big-endian file, which can't.`);
  const tensorCount = reader.count('the number of tensors', Math.floor(Math.max(reader.left - 16, 0) / LEAST_TENSOR));
  const entryCount = reader.count('the number of metadata entries', Math.floor(Math.max(reader.left - 8, 0) / LEAST_ENTRY));
  const metadata = new Map<string, MetadataValue>();
  const metadataTypes = new Map<string, string>();
  for (let i = 0; i < entryCount; i++) {
    const key = reader.string(`the key of metadata entry ${i}`);
    if (metadata.has(key)) throw new GgufError(`The metadata has ${show(key)} twice.`);
    const { value, type } = readValue(reader, reader.u32(`the type of ${show(key)}`), show(key));
    metadata.set(key, value);
    metadataTypes.set(key, type);
  }
  const alignment = alignmentOf(metadata);
  const infos = Array.from({ length: tensorCount }, (_, index) => readInfo(reader, index));
  // Not by bit operations, which see 32 bits only.
  const start = Math.ceil(reader.at / alignment) * alignment;
  return { version, metadata, metadataTypes, tensors: place(bytes, infos, start, alignment) };
}

function alignmentOf(metadata: ReadonlyMap<string, MetadataValue>): number {
  const alignment = metadata.get('general.alignment') ?? DEFAULT_ALIGNMENT;
  if (typeof alignment !== 'number' || !Number.isInteger(alignment) || alignment < 8 || alignment % 8 !== 0 || alignment > 2 ** 31)
    throw new GgufError(`general.alignment is ${String(alignment)}, but must be a multiple of 8, from 8 to 2^31.`);
  return alignment;
}

interface TensorInfo {
  readonly name: string;
  readonly type: TensorType;
  readonly shape: readonly number[];
  readonly offset: bigint;
  readonly bytes: number;
}

function readInfo(reader: ByteReader, index: number): TensorInfo {
  const name = reader.string(`the name of tensor ${index}`);
  if (new TextEncoder().encode(name).length > MOST_NAME_BYTES)
    throw new GgufError(`The name of tensor ${index} is longer than ${MOST_NAME_BYTES} bytes.`);
  const axes = reader.u32(`the number of axes of ${show(name)}`);
  if (axes > MOST_AXES) throw new GgufError(`Tensor ${show(name)} has ${axes} axes, but at most ${MOST_AXES} are allowed.`);
  const sizes = Array.from({ length: axes }, () => reader.u64(`a size of ${show(name)}`));
  const count = sizes.reduce((product, size) => product * size, 1n);
  if (count > BigInt(Number.MAX_SAFE_INTEGER)) throw new GgufError(`Tensor ${show(name)} would have ${count} values, more than any file.`);
  const id = reader.u32(`the type of ${show(name)}`);
  const type = typesById.get(id);
  if (!type) throw new GgufError(`Tensor ${show(name)} has the type ${id}, which is not known here.`);
  const offset = reader.u64(`the offset of ${show(name)}`);
  const shape = sizes.map(Number);
  if ((shape[0] ?? 1) % type.numbers !== 0)
    throw new GgufError(`Tensor ${show(name)} has rows of ${shape[0] ?? 1} values, but ${type.name} has blocks of ${type.numbers}.`);
  return { name, type, shape: shape.reverse(), offset, bytes: (Number(count) / type.numbers) * type.bytes };
}

function place(bytes: Uint8Array, infos: readonly TensorInfo[], start: number, alignment: number): Map<string, GgufTensor> {
  const tensors = new Map<string, GgufTensor>();
  for (const { name, type, shape, offset, bytes: length } of infos) {
    if (tensors.has(name)) throw new GgufError(`Two tensors are called ${show(name)}.`);
    if (offset % BigInt(alignment) !== 0n)
      throw new GgufError(`Tensor ${show(name)} begins at ${offset}, which is no multiple of the alignment ${alignment}.`);
    if (offset + BigInt(start) + BigInt(length) > BigInt(bytes.length))
      throw new GgufError(
        `Tensor ${show(name)} would end at byte ${offset + BigInt(start) + BigInt(length)}, but the file has ${bytes.length}: it is truncated.`,
      );
    const begin = start + Number(offset);
    const own = bytes.subarray(begin, begin + length);
    tensors.set(name, {
      ...{ name, type: type.name, shape, bytes: own },
      values: () => {
        if (!type.decode) throw new Error(`Tensor ${show(name)} is ${type.name}, whose values can't be read here.`);
        return type.decode(own);
      },
    });
  }
  const order = infos.filter(({ bytes }) => bytes > 0).sort((a, b) => (a.offset < b.offset ? -1 : 1));
  order.forEach(({ name, offset }, index) => {
    const before = order[index - 1];
    if (before && before.offset + BigInt(before.bytes) > offset)
      throw new GgufError(`Tensor ${show(name)} begins inside ${show(before.name)}.`);
  });
  return tensors;
}
