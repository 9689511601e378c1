import { Tensor, tensor, type DataType } from '@tensorflow/tfjs-core';
import { checkTensor, describe } from '../ops/arguments.ts';
import {
  decodeHeader,
  encodeHeader,
  headerLength,
  LENGTH_BYTES,
  SafetensorsError,
  widths,
  type SafetensorsDtype,
  type SafetensorsEntry,
  type SafetensorsHeader,
} from './safetensors-header.ts';

export interface SafetensorsOptions {
  /** Text kept beside the tensors. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What a safetensors file holds. Whoever reads it disposes the tensors. */
export interface SafetensorsContents {
  readonly tensors: Record<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

const names: Partial<Record<DataType, SafetensorsDtype>> = { float32: 'F32', int32: 'I32', bool: 'BOOL' };
const dtypes: Record<SafetensorsDtype, DataType> = { F32: 'float32', I32: 'int32', BOOL: 'bool' };

/** A file in pieces, so that its whole need not be in memory at once. */
export interface SafetensorsPieces {
  readonly header: Uint8Array<ArrayBuffer>;
  readonly tensors: readonly Tensor[];
}

/**
 * The bytes of a safetensors file of tensors by name.
 *
 * @throws {TypeError | Error} if a value is no live float32, int32 or bool tensor, or a text of the metadata is none.
 * @example
 * const bytes = await encodeSafetensors(net.variables, { metadata: { epochs: '3' } });
 */
export async function encodeSafetensors(
  tensors: Readonly<Record<string, Tensor>>,
  options: SafetensorsOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces = layOut('encodeSafetensors', tensors, options);
  const parts = [pieces.header];
  for (const value of pieces.tensors) parts.push(await bytesOf(value));
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * The tensors in the bytes of a safetensors file.
 *
 * @throws {SafetensorsError} if the bytes are not a whole and consistent file of F32, I32 and BOOL tensors; no tensor is made then.
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsContents {
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`decodeSafetensors: bytes is ${describe(bytes)}, but must be a Uint8Array.`);
  const length = headerLength(bytes, bytes.length);
  const begin = LENGTH_BYTES + length;
  const header = decodeHeader(bytes.subarray(LENGTH_BYTES, begin), bytes.length - begin);
  return toTensors(header, (entry) => bytes.subarray(begin + entry.begin, begin + entry.end));
}

/** Checks tensors and decides where each goes: those of 4 bytes a value first, so that all are aligned. */
export function layOut(where: string, tensors: Readonly<Record<string, Tensor>>, { metadata = {} }: SafetensorsOptions): SafetensorsPieces {
  if (typeof tensors !== 'object' || tensors === null || tensors instanceof Tensor)
    throw new TypeError(`${where}: tensors is ${describe(tensors)}, but must be an object of tensors by name, such as net.variables.`);
  for (const [key, text] of Object.entries(metadata))
    if (typeof text !== 'string')
      throw new TypeError(`${where}: metadata.${key} is ${describe(text)}, but must be a string; use JSON.stringify().`);
  const named = Object.entries(tensors);
  for (const [name, value] of named) {
    if (name === '__metadata__') throw new RangeError(`${where}: no tensor may be named '__metadata__'; use the option metadata.`);
    checkTensor(where, `tensors['${name}']`, value, { dtype: ['float32', 'int32', 'bool'] });
  }
  const width = (value: Tensor): number => widths[names[value.dtype] as SafetensorsDtype];
  const order = [...named.filter(([, value]) => width(value) === 4), ...named.filter(([, value]) => width(value) < 4)];
  const entries = new Map<string, SafetensorsEntry>();
  let at = 0;
  for (const [name, value] of order) {
    const end = at + value.size * width(value);
    entries.set(name, { dtype: names[value.dtype] as SafetensorsDtype, shape: value.shape, begin: at, end });
    at = end;
  }
  return { header: encodeHeader({ entries, metadata }), tensors: order.map(([, value]) => value) };
}

/** A tensor's values as little-endian bytes, which is what every machine that runs JavaScript today has. */
export async function bytesOf(value: Tensor): Promise<Uint8Array<ArrayBuffer>> {
  const values = (await value.data()) as Float32Array<ArrayBuffer>;
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Makes the tensors of a header; if one can't be made, none is. */
export function toTensors({ entries, metadata }: SafetensorsHeader, read: (entry: SafetensorsEntry) => Uint8Array): SafetensorsContents {
  // Without a prototype, so that a tensor may have any name.
  const tensors = Object.create(null) as Record<string, Tensor>;
  try {
    for (const [name, entry] of entries) tensors[name] = toTensor(name, entry, read(entry));
  } catch (error) {
    for (const made of Object.values(tensors)) made.dispose();
    throw error;
  }
  return { tensors, metadata };
}

function toTensor(name: string, { dtype, shape }: SafetensorsEntry, bytes: Uint8Array): Tensor {
  // Copied, because the bytes may lie unaligned in their buffer.
  const { buffer } = bytes.slice();
  if (dtype === 'F32') return tensor(new Float32Array(buffer), [...shape], dtypes[dtype]);
  if (dtype === 'I32') return tensor(new Int32Array(buffer), [...shape], dtypes[dtype]);
  if (bytes.some((value) => value > 1))
    throw new SafetensorsError(`Tensor '${name}': a BOOL is ${bytes.find((value) => value > 1)}, but must be 0 or 1.`);
  return tensor(new Uint8Array(buffer), [...shape], dtypes[dtype]);
}
