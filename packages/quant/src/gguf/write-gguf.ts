import { checkNumber, checkObject, show } from '../validation.ts';
import { ARRAY, typeNumber, type MetadataType, type MetadataValue } from './metadata.ts';
import { typesByName, type TensorType } from './tensor-types.ts';
import { checkOptions } from '@x/tensor/arguments';

/** A metadata value with its type told: the type of an array is that of its elements. */
export interface TypedMetadata {
  readonly type: MetadataType;
  readonly value: MetadataValue;
}

/** A tensor to write: numbers to be encoded, or bytes that are. */
export interface GgufTensorInput {
  /** The last axis is that of neighbours in memory. */
  readonly shape: readonly number[];
  /** Such as `F32`, `F16` or `Q8_0`. */
  readonly type: string;
  readonly values?: Float32Array;
  readonly bytes?: Uint8Array;
}

export interface WriteGgufOptions {
  /**
   * Strings, booleans, numbers and arrays of one of these; whole numbers from 0 to 2^32 - 1 are written as uint32, other whole
   * ones and bigints as int64, or as uint64 where that is too small, the rest as float32, unless the type is told.
   */
  readonly metadata?: Readonly<Record<string, MetadataValue | TypedMetadata>>;
}

const MAGIC = 0x46554747;
const VERSION = 3;
const MOST_NAME_BYTES = 64;
const MOST_AXES = 8;
const DEFAULT_ALIGNMENT = 32;

/**
 * The bytes of a GGUF file of version 3.
 *
 * @throws {TypeError | RangeError} if a type is unknown or can't be written, values don't fit the shape or fill blocks, a name is too long or
 *   has too many axes, or metadata isn't of its type or out of its range.
 * @example
 * const bytes = writeGguf({ 'w': { shape: [2, 32], type: 'Q8_0', values: new Float32Array(64) } }, { metadata: { 'general.architecture': 'mlp' } });
 */
export function writeGguf(tensors: Readonly<Record<string, GgufTensorInput>>, options: WriteGgufOptions = {}): Uint8Array<ArrayBuffer> {
  const { metadata = {} } = checkOptions('writeGguf', options);
  checkObject('writeGguf', 'tensors', tensors);
  checkObject('writeGguf', 'metadata', metadata);
  const alignment = alignmentOf(metadata['general.alignment']);
  const contents = Object.entries(tensors).map(([name, input]) => ({ name, ...encoded(name, input), shape: input.shape }));
  const head = new ByteWriter();
  head.u32(MAGIC);
  head.u32(VERSION);
  head.u64(contents.length);
  head.u64(Object.keys(metadata).length);
  for (const [key, value] of Object.entries(metadata)) {
    head.string(key);
    writeMetadata(head, key, value);
  }
  let offset = 0;
  for (const { name, type, bytes, shape } of contents) {
    head.string(name);
    head.u32(shape.length);
    for (const size of shape.toReversed()) head.u64(size);
    head.u32(type.id);
    head.u64(offset);
    offset = padded(offset + bytes.length, alignment);
  }
  const start = padded(head.length, alignment);
  const file = new Uint8Array(start + offset);
  file.set(head.bytes());
  let at = start;
  for (const { bytes } of contents) {
    file.set(bytes, at);
    at = start + padded(at - start + bytes.length, alignment);
  }
  return file;
}

function padded(length: number, alignment: number): number {
  return Math.ceil(length / alignment) * alignment;
}

function alignmentOf(given: MetadataValue | TypedMetadata | undefined): number {
  const value = isTyped(given) ? given.value : (given ?? DEFAULT_ALIGNMENT);
  checkNumber('writeGguf', "metadata['general.alignment']", value, { least: 8, most: 2 ** 20, whole: true });
  if ((value as number) % 8 !== 0)
    throw new RangeError(`writeGguf: metadata['general.alignment'] is ${value as number}, but must be a multiple of 8.`);
  return value as number;
}

function encoded(name: string, { shape, type: typeName, values, bytes }: GgufTensorInput): { type: TensorType; bytes: Uint8Array } {
  const where = `writeGguf: tensor ${show(name)}`;
  if (new TextEncoder().encode(name).length > MOST_NAME_BYTES)
    throw new RangeError(`${where}: its name is longer than ${MOST_NAME_BYTES} bytes.`);
  const type = typesByName.get(typeName);
  if (!type) throw new RangeError(`${where}: type is ${show(typeName)}, but must be one of ${[...typesByName.keys()].join(', ')}.`);
  if (!Array.isArray(shape) || shape.length > MOST_AXES || !shape.every((size) => Number.isInteger(size) && size >= 0))
    throw new RangeError(`${where}: shape is ${show(shape)}, but must be an array of at most ${MOST_AXES} whole numbers.`);
  const count = (shape as number[]).reduce((product, size) => product * size, 1);
  if (((shape as number[]).at(-1) ?? 1) % type.numbers !== 0)
    throw new RangeError(
      `${where}: rows have ${(shape as number[]).at(-1) ?? 1} values, but ${typeName} has blocks of ${type.numbers}; choose another type or pad the rows.`,
    );
  if ((values === undefined) === (bytes === undefined)) throw new TypeError(`${where}: give either values or bytes.`);
  const length = (count / type.numbers) * type.bytes;
  if (bytes !== undefined) {
    if (!(bytes instanceof Uint8Array)) throw new TypeError(`${where}: bytes is ${show(bytes)}, but must be a Uint8Array.`);
    if (bytes.length !== length)
      throw new RangeError(`${where}: there are ${bytes.length} bytes, but [${shape.join(', ')}] of ${typeName} needs ${length}.`);
    return { type, bytes };
  }
  if (!(values instanceof Float32Array) || values.length !== count)
    throw new RangeError(
      `${where}: values is ${show(values)}, but must be a Float32Array of the ${count} values of [${shape.join(', ')}].`,
    );
  if (!type.encode) throw new RangeError(`${where}: ${typeName} can be read but not made here; give its bytes.`);
  return { type, bytes: type.encode(values) };
}

function isTyped(value: unknown): value is TypedMetadata {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && 'type' in value;
}

function writeMetadata(to: ByteWriter, key: string, given: MetadataValue | TypedMetadata): void {
  const value = isTyped(given) ? given.value : given;
  const elements = Array.isArray(value) ? (value as readonly MetadataValue[]) : undefined;
  const type = isTyped(given) ? given.type : inferred(key, elements ? (elements[0] ?? 0) : value, elements);
  const number = typeNumber(type);
  if (number < 0) throw new RangeError(`writeGguf: metadata[${show(key)}] has the type ${show(type)}, which is none.`);
  if (elements) {
    to.u32(ARRAY);
    to.u32(number);
    to.u64(elements.length);
    for (const element of elements) writeScalar(to, key, type, element);
  } else {
    to.u32(number);
    writeScalar(to, key, type, value);
  }
}

function inferred(key: string, value: MetadataValue, elements: readonly MetadataValue[] | undefined): MetadataType {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  const all = elements ?? [value];
  if (all.some((x) => typeof x === 'bigint')) return all.some((x) => (x as bigint) >= 2n ** 63n) ? 'uint64' : 'int64';
  if (typeof value !== 'number')
    throw new TypeError(`writeGguf: metadata[${show(key)}] is ${show(value)}, whose type can't be guessed; give { type, value }.`);
  const numbers = all as readonly number[];
  if (numbers.every((x) => Number.isInteger(x) && x >= 0 && x < 2 ** 32)) return 'uint32';
  return numbers.every((x) => Number.isInteger(x) && Math.abs(x) < 2 ** 63) ? 'int64' : 'float32';
}

function writeScalar(to: ByteWriter, key: string, type: MetadataType, value: MetadataValue): void {
  const integer = /^(u?)int(\d+)$/.exec(type);
  const expected = type === 'string' ? 'string' : type === 'bool' ? 'boolean' : integer && typeof value === 'bigint' ? 'bigint' : 'number';
  if (typeof value !== expected) throw new TypeError(`writeGguf: metadata[${show(key)}] holds ${show(value)}, which is no ${type}.`);
  if (integer) checkInteger(key, type, value as number | bigint, integer[1] === '', Number(integer[2]));
  else if (type === 'float32' && Number.isFinite(value) && !Number.isFinite(Math.fround(value as number)))
    throw new RangeError(
      `writeGguf: metadata[${show(key)}] holds ${value as number}, which no ${type} is; give { type: 'float64', value }.`,
    );
  to.scalar(type, value as number);
}

/** @throws {RangeError} unless a number is whole and within its type's range. */
function checkInteger(key: string, type: string, value: number | bigint, signed: boolean, bits: number): void {
  const [least, past] = signed ? [-(2n ** BigInt(bits - 1)), 2n ** BigInt(bits - 1)] : [0n, 2n ** BigInt(bits)];
  if ((typeof value === 'number' && !Number.isInteger(value)) || value < least || value >= past)
    throw new RangeError(
      `writeGguf: metadata[${show(key)}] holds ${String(value)}, but ${type} has whole numbers from ${least} to ${past - 1n}.`,
    );
}

/** Bytes that grow. */
class ByteWriter {
  #buffer = new Uint8Array(1024);
  #view = new DataView(this.#buffer.buffer);
  length = 0;

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.length);
  }

  u32(value: number): void {
    this.#view.setUint32(this.#room(4), value, true);
  }

  u64(value: number | bigint): void {
    this.#view.setBigUint64(this.#room(8), BigInt(value), true);
  }

  string(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.u64(bytes.length);
    this.#buffer.set(bytes, this.#room(bytes.length));
  }

  scalar(type: MetadataType, value: number | bigint | string | boolean): void {
    switch (type) {
      case 'string':
        return this.string(value as string);
      case 'bool':
      case 'uint8':
        return this.#view.setUint8(this.#room(1), Number(value));
      case 'int8':
        return this.#view.setInt8(this.#room(1), Number(value));
      case 'uint16':
        return this.#view.setUint16(this.#room(2), Number(value), true);
      case 'int16':
        return this.#view.setInt16(this.#room(2), Number(value), true);
      case 'uint32':
        return this.#view.setUint32(this.#room(4), Number(value), true);
      case 'int32':
        return this.#view.setInt32(this.#room(4), Number(value), true);
      case 'float32':
        return this.#view.setFloat32(this.#room(4), Number(value), true);
      case 'float64':
        return this.#view.setFloat64(this.#room(8), Number(value), true);
      case 'uint64':
        return this.#view.setBigUint64(this.#room(8), BigInt(value), true);
      case 'int64':
        return this.#view.setBigInt64(this.#room(8), BigInt(value), true);
    }
  }

  #room(bytes: number): number {
    if (this.length + bytes > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(this.#buffer.length * 2, this.length + bytes));
      larger.set(this.#buffer);
      this.#buffer = larger;
      this.#view = new DataView(larger.buffer);
    }
    const at = this.length;
    this.length += bytes;
    return at;
  }
}
