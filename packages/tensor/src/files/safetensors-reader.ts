import type { Tensor } from '@tensorflow/tfjs-core';
import { checkNumber } from '../ops/arguments.ts';
import { ChangedError, openBytes, type ByteSource, type FileLocation } from './byte-source.ts';
import { tensorOfOwn, type RawTensor } from './raw-tensor.ts';
import { byteLength, type SafetensorsDtype } from './safetensors-dtype.ts';
import { SafetensorsError } from './safetensors-error.ts';
import { decodeHeader, headerLength, LENGTH_BYTES } from './safetensors-header.ts';
import { checkBools } from './safetensors.ts';

export interface OpenSafetensorsOptions {
  /** Of requests, where the location is a URL: headers, credentials, a signal that ends them. */
  readonly fetch?: RequestInit;
}

/** What the header says of a tensor. */
export interface SafetensorsInfo {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  readonly bytes: number;
}

/** Part of a tensor: along the first axis from `begin` to before `end`. */
export interface Rows {
  readonly begin: number;
  readonly end: number;
}

/** An open safetensors file, or several by way of their index, of which tensors are read one at a time. */
export interface SafetensorsReader {
  /** The tensors, in the order of their bytes. */
  readonly tensors: ReadonlyMap<string, SafetensorsInfo>;
  readonly metadata: Readonly<Record<string, string>>;
  /** Reads a tensor, or some of its rows, as bytes with their dtype. */
  readRaw(name: string, rows?: Rows): Promise<RawTensor>;
  /** Reads it as `rawToTensor` gives it, at most 4 GiB; the caller disposes it. */
  readTensor(name: string, rows?: Rows): Promise<Tensor>;
  close(): Promise<void>;
}

/** What a tensor can have: the heap's most. */
const MOST_BYTES = 2 ** 32;

/** Opens a single file. */
export async function openFile(where: string, location: FileLocation, { fetch }: OpenSafetensorsOptions): Promise<SafetensorsReader> {
  const source = await openBytes(where, location, fetch);
  try {
    return await naming(source, () => readHeader(where, source));
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function readHeader(where: string, source: ByteSource): Promise<SafetensorsReader> {
  const length = headerLength(await source.read(0, Math.min(LENGTH_BYTES, source.size)), source.size);
  const begin = LENGTH_BYTES + length;
  const { entries, metadata } = decodeHeader(await source.read(LENGTH_BYTES, length), source.size - begin);
  const read = (name: string, rows: Rows | undefined, most: number): Promise<RawTensor> =>
    naming(source, async () => {
      const entry = entries.get(name);
      if (!entry) throw new SafetensorsError('TensorNotFound', `There is no tensor '${name}'.`);
      const part = rows === undefined ? { shape: entry.shape, skip: 0 } : rowsOf(where, name, entry, rows);
      const length = Number(byteLength(entry.dtype, part.shape));
      if (length > most)
        throw new SafetensorsError(
          'TensorTooLarge',
          `'${name}' has ${length.toLocaleString('en')} bytes, but a tensor can have at most 4 GiB; read rows of it: openSafetensors(...), then readTensor(name, { begin, end }).`,
        );
      const bytes = await source.read(begin + entry.begin + part.skip, length);
      const raw = { dtype: entry.dtype, shape: part.shape, bytes };
      checkBools(name, raw);
      return raw;
    });
  return {
    tensors: new Map([...entries].map(([name, { dtype, shape, begin: from, end }]) => [name, { dtype, shape, bytes: end - from }])),
    metadata,
    readRaw: (name, rows) => read(name, rows, Infinity),
    readTensor: async (name, rows) => tensorOfOwn(await read(name, rows, MOST_BYTES)),
    close: () => source.close(),
  };
}

function rowsOf(
  where: string,
  name: string,
  { dtype, shape }: Pick<SafetensorsInfo, 'dtype' | 'shape'>,
  { begin, end }: Rows,
): { shape: readonly number[]; skip: number } {
  const [count, ...rest] = shape;
  if (count === undefined) throw new RangeError(`${where}: tensor '${name}' is a single value and has no rows; read it without rows.`);
  checkNumber(where, `rows.begin of '${name}'`, begin, { least: 0, most: count, whole: true });
  checkNumber(where, `rows.end of '${name}'`, end, { least: begin, most: count, whole: true });
  const skip = byteLength(dtype, [begin, ...rest]);
  const part = [end - begin, ...rest];
  if (skip === undefined || byteLength(dtype, part) === undefined)
    throw new RangeError(`${where}: rows ${begin} to ${end} of '${name}' begin or end inside a byte; choose others.`);
  return { shape: part, skip: Number(skip) };
}

/** Errors that a file causes say which file it is. */
async function naming<T>(source: ByteSource, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof SafetensorsError) throw new SafetensorsError(error.code, `${source.label}: ${error.message}`, { cause: error });
    if (error instanceof ChangedError)
      throw new SafetensorsError('ChangedWhileRead', `${source.label}: ${error.message}`, { cause: error });
    throw error;
  }
}
