import type { ByteReader } from './byte-reader.ts';
import { GgufError } from './gguf-error.ts';

/** A value of a file's metadata. Whole numbers of 64 bits are bigint, if they exceed 2^53. */
export type MetadataValue = number | bigint | boolean | string | readonly MetadataValue[];

const names = [
  'uint8',
  'int8',
  'uint16',
  'int16',
  'uint32',
  'int32',
  'float32',
  'bool',
  'string',
  'array',
  'uint64',
  'int64',
  'float64',
] as const;
/** Types of metadata values, in the order of their numbers. */
export type MetadataType = Exclude<(typeof names)[number], 'array'>;
const leastBytes = [1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8] as const;
export const ARRAY = 9;
const DEEPEST = 4;

/** The number of a type. */
export function typeNumber(type: MetadataType): number {
  return names.indexOf(type);
}

/** A value and its type's name; of an array, that of its elements after `array:`. */
export function readValue(reader: ByteReader, type: number, what: string, depth = 0): { value: MetadataValue; type: string } {
  if (type === ARRAY) return readArray(reader, what, depth);
  const name = names[type];
  if (name === undefined) throw new GgufError(`${what} has the type ${type}, but types go from 0 to ${names.length - 1}.`);
  return { value: readScalar(reader, name as MetadataType, what), type: name };
}

function readArray(reader: ByteReader, what: string, depth: number): { value: MetadataValue; type: string } {
  if (depth >= DEEPEST) throw new GgufError(`${what} is an array within arrays deeper than ${DEEPEST}.`);
  const element = reader.u32(`the type of the elements of ${what}`);
  const least = leastBytes[element];
  if (least === undefined) throw new GgufError(`${what} has elements of the type ${element}, but types go from 0 to ${names.length - 1}.`);
  const length = reader.count(`the length of ${what}`, Math.floor(Math.max(reader.left - 8, 0) / least));
  const value: MetadataValue[] = [];
  for (let i = 0; i < length; i++) value.push(readValue(reader, element, what, depth + 1).value);
  return { value, type: `array:${names[element]}` };
}

function readScalar(reader: ByteReader, type: MetadataType, what: string): MetadataValue {
  switch (type) {
    case 'uint8':
      return reader.u8(what);
    case 'int8':
      return reader.i8(what);
    case 'uint16':
      return reader.u16(what);
    case 'int16':
      return reader.i16(what);
    case 'uint32':
      return reader.u32(what);
    case 'int32':
      return reader.i32(what);
    case 'float32':
      return reader.f32(what);
    case 'float64':
      return reader.f64(what);
    case 'uint64':
      return safe(reader.u64(what));
    case 'int64':
      return safe(reader.i64(what));
    case 'string':
      return reader.string(what);
    case 'bool': {
      const byte = reader.u8(what);
      if (byte > 1) throw new GgufError(`${what} is a bool of ${byte}, but must be 0 or 1.`);
      return byte === 1;
    }
  }
}

function safe(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}
