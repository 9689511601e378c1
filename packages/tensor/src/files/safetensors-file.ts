import type { Tensor } from '@tensorflow/tfjs-core';
import { describe } from '../ops/arguments.ts';
import { nodeFiles } from './node-files.ts';
import { decodeHeader, headerLength, LENGTH_BYTES, SafetensorsError, type SafetensorsEntry } from './safetensors-header.ts';
import { bytesOf, layOut, toTensors, type SafetensorsContents, type SafetensorsOptions } from './safetensors.ts';
import { writeAtomically } from './write-atomically.ts';

/**
 * Saves tensors by name as a safetensors file, in Node. The file appears as a whole or not at all.
 *
 * @throws {TypeError | Error} if a value is no live float32, int32 or bool tensor, or the file can't be written.
 * @example
 * await saveSafetensors('model.safetensors', net.variables);
 */
export async function saveSafetensors(
  path: string,
  tensors: Readonly<Record<string, Tensor>>,
  options: SafetensorsOptions = {},
): Promise<void> {
  checkPath('saveSafetensors', path);
  const { header, tensors: order } = layOut('saveSafetensors', tensors, options);
  const pieces = async function* (): AsyncGenerator<Uint8Array> {
    yield header;
    for (const value of order) yield await bytesOf(value);
  };
  await writeAtomically('saveSafetensors', path, pieces());
}

/**
 * Reads a safetensors file, in Node. The header is checked before any memory is taken for tensors.
 *
 * @returns The tensors, which the caller disposes, and the metadata.
 * @throws {SafetensorsError} if the file is not whole and consistent; no tensor is made then.
 */
export async function loadSafetensors(path: string): Promise<SafetensorsContents> {
  checkPath('loadSafetensors', path);
  const file = await nodeFiles('loadSafetensors').open(path, 'r');
  try {
    const { size } = await file.stat();
    const read = async (begin: number, length: number): Promise<Uint8Array> => {
      const bytes = new Uint8Array(length);
      let done = 0;
      while (done < length) {
        const { bytesRead } = await file.read(bytes, done, length - done, begin + done);
        if (bytesRead === 0)
          throw new SafetensorsError(`The file ended at byte ${begin + done} while it was read; it was changed meanwhile.`);
        done += bytesRead;
      }
      return bytes;
    };
    const length = headerLength(await read(0, Math.min(LENGTH_BYTES, size)), size);
    const begin = LENGTH_BYTES + length;
    const header = decodeHeader(await read(LENGTH_BYTES, length), size - begin);
    const bytes = new Map<SafetensorsEntry, Uint8Array>();
    for (const entry of header.entries.values()) bytes.set(entry, await read(begin + entry.begin, entry.end - entry.begin));
    return toTensors(header, (entry) => bytes.get(entry) as Uint8Array);
  } catch (error) {
    if (error instanceof SafetensorsError) throw new SafetensorsError(`${path}: ${error.message}`, { cause: error });
    throw error;
  } finally {
    await file.close();
  }
}

function checkPath(where: string, path: unknown): void {
  if (typeof path !== 'string' || path === '') throw new TypeError(`${where}: path is ${describe(path)}, but must be the name of a file.`);
}
