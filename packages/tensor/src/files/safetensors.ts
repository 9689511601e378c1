import { Tensor } from '@tensorflow/tfjs-core';
import { checkOptions } from '../ops/argument-kinds.ts';
import { checkTensor, describe } from '../ops/arguments.ts';
import { dtypeOf, tensorOfOwn, type RawTensor } from './raw-tensor.ts';
import { byteLength, dtypeNames, isDtype, type SafetensorsDtype } from './safetensors-dtype.ts';
import { SafetensorsError } from './safetensors-error.ts';
import {
  decodeHeader,
  encodeHeader,
  headerLength,
  LENGTH_BYTES,
  METADATA,
  type SafetensorsEntry,
  type SafetensorsHeader,
} from './safetensors-header.ts';

export interface SafetensorsOptions {
  /** Text kept beside the tensors. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What is to be written, by name. */
export type NamedTensors = Readonly<Record<string, Tensor | RawTensor>>;

/** What a safetensors file holds. Whoever reads it disposes the tensors. */
export interface SafetensorsContents {
  /** Those of the dtypes F32, I32 and BOOL. */
  readonly tensors: Record<string, Tensor>;
  /** Those of dtypes that tfjs lacks, which `rawToTensor` and `unpackRaw` convert. */
  readonly raw: Record<string, RawTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A file in pieces, so that its whole need not be in memory at once. */
export interface SafetensorsPieces {
  readonly header: Uint8Array<ArrayBuffer>;
  readonly tensors: readonly (Tensor | RawTensor)[];
  /** Of the whole file. */
  readonly bytes: number;
}

/**
 * The bytes of a safetensors file of tensors by name.
 *
 * The file is byte for byte that of the format's reference implementation: tensors of larger dtypes first, then by name.
 *
 * @throws {TypeError | RangeError | Error} if a value is no live float32, int32 or bool tensor and no raw tensor that {@link packRaw} could
 * have made, or a text of the metadata is none.
 * @example
 * const bytes = await encodeSafetensors(net.variables, { metadata: { epochs: '3' } });
 */
export async function encodeSafetensors(tensors: NamedTensors, options: SafetensorsOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  checkOptions('encodeSafetensors', options);
  const pieces = layOut('encodeSafetensors', tensors, options);
  const bytes = new Uint8Array(pieces.bytes);
  bytes.set(pieces.header);
  let at = pieces.header.length;
  for (const value of pieces.tensors) {
    const part = await bytesOf(value);
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * The tensors in the bytes of a safetensors file.
 *
 * @throws {SafetensorsError} if the bytes are not a whole and consistent file; no tensor is made then.
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsContents {
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`decodeSafetensors: bytes is ${describe(bytes)}, but must be a Uint8Array.`);
  const length = headerLength(bytes, bytes.length);
  const begin = LENGTH_BYTES + length;
  const header = decodeHeader(bytes.subarray(LENGTH_BYTES, begin), bytes.length - begin);
  const contents = emptyContents(header.metadata);
  try {
    for (const [name, entry] of header.entries) addTo(contents, name, entry, bytes.slice(begin + entry.begin, begin + entry.end));
    return contents;
  } catch (error) {
    for (const made of Object.values(contents.tensors)) made.dispose();
    throw error;
  }
}

/** Checks tensors and decides where each goes. */
export function layOut(where: string, tensors: NamedTensors, { metadata = {} }: SafetensorsOptions): SafetensorsPieces {
  if (typeof tensors !== 'object' || tensors === null || tensors instanceof Tensor)
    throw new TypeError(`${where}: tensors is ${describe(tensors)}, but must be an object of tensors by name.`);
  for (const [key, text] of Object.entries(metadata))
    if (typeof text !== 'string')
      throw new TypeError(`${where}: metadata.${key} is ${describe(text)}, but must be a string; use JSON.stringify().`);
  const named = Object.entries(tensors).map(([name, value]) => ({ name, value, dtype: checkValue(where, name, value) }));
  named.sort((a, b) => dtypeNames.indexOf(b.dtype) - dtypeNames.indexOf(a.dtype) || compareCodePoints(a.name, b.name));
  const entries = new Map<string, SafetensorsEntry>();
  let at = 0;
  for (const { name, value, dtype } of named) {
    const end = at + Number(byteLength(dtype, value.shape));
    entries.set(name, { dtype, shape: value.shape, begin: at, end });
    at = end;
  }
  const header = encodeHeader(where, { entries, metadata });
  return { header, tensors: named.map(({ value }) => value), bytes: header.length + at };
}

/** Values as little-endian bytes, which is what every machine that runs JavaScript today has. */
export async function bytesOf(value: Tensor | RawTensor): Promise<Uint8Array<ArrayBuffer>> {
  if (!(value instanceof Tensor)) return value.bytes;
  const values = (await value.data()) as Float32Array<ArrayBuffer>;
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

export function emptyContents(metadata: SafetensorsHeader['metadata']): SafetensorsContents {
  // Without a prototype, so that a tensor may have any name.
  return { tensors: Object.create(null) as Record<string, Tensor>, raw: Object.create(null) as Record<string, RawTensor>, metadata };
}

/** Adds an entry's values, whose bytes become the contents' own. */
function addTo(
  contents: SafetensorsContents,
  name: string,
  { dtype, shape }: Pick<SafetensorsEntry, 'dtype' | 'shape'>,
  bytes: Uint8Array<ArrayBuffer>,
): void {
  const raw = { dtype, shape, bytes };
  checkBools(name, raw);
  if (isTensorDtype(dtype)) contents.tensors[name] = tensorOfOwn(raw);
  else contents.raw[name] = raw;
}

/** Whether tensors of it become tensors of tfjs, and no raw ones. */
export const isTensorDtype = (dtype: SafetensorsDtype): boolean => dtype === 'F32' || dtype === 'I32' || dtype === 'BOOL';

/** @throws {SafetensorsError} if a truth value is neither 0 nor 1. */
export function checkBools(name: string, { dtype, bytes }: RawTensor): void {
  if (dtype !== 'BOOL') return;
  const wrong = bytes.find((value) => value > 1);
  if (wrong !== undefined) throw new SafetensorsError('InvalidValue', `Tensor '${name}': a BOOL is ${wrong}, but must be 0 or 1.`);
}

function checkValue(where: string, name: string, value: Tensor | RawTensor): SafetensorsDtype {
  if (name === METADATA) throw new RangeError(`${where}: no tensor may be named '${METADATA}'; use the option metadata.`);
  if (!name.isWellFormed())
    throw new RangeError(`${where}: the name ${JSON.stringify(name)} has half of a surrogate pair, which no file can hold.`);
  if (isRaw(value)) {
    if (!isDtype(value.dtype) || byteLength(value.dtype, value.shape) !== BigInt(value.bytes.length))
      throw new RangeError(
        `${where}: tensors['${name}'] has ${value.bytes.length} bytes of ${describe(value.dtype)}[${value.shape.join(', ')}], which don't fit; make raw tensors with packRaw().`,
      );
    return value.dtype;
  }
  checkTensor(where, `tensors['${name}']`, value, { dtype: ['float32', 'int32', 'bool'] });
  return dtypeOf(value) as SafetensorsDtype;
}

function isRaw(value: Tensor | RawTensor): value is RawTensor {
  return !(value instanceof Tensor) && value?.bytes instanceof Uint8Array && Array.isArray(value.shape);
}

/** Order of names as of their UTF-8 bytes. */
function compareCodePoints(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  for (let i = 0; i < left.length && i < right.length; i++) {
    const difference = (left[i] as string).codePointAt(0)! - (right[i] as string).codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
