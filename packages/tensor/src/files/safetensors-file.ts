import { clone, dispose, keep, Tensor } from '@tensorflow/tfjs-core';
import { checkOptions } from '../ops/argument-kinds.ts';
import { describe } from '../ops/arguments.ts';
import type { FileLocation } from './byte-source.ts';
import { openSafetensors } from './open-safetensors.ts';
import type { OpenSafetensorsOptions } from './safetensors-reader.ts';
import {
  bytesOf,
  emptyContents,
  isTensorDtype,
  layOut,
  type NamedTensors,
  type SafetensorsContents,
  type SafetensorsOptions,
} from './safetensors.ts';

/**
 * Saves tensors by name as a safetensors file, in Node. The file appears as a whole or not at all, with the values that the
 * tensors had at the call.
 *
 * @throws {TypeError | RangeError | Error} if a value is no live float32, int32 or bool tensor and no raw tensor.
 * @throws {FileWriteError} if the file can't be written; an old one is left as it was.
 * @example
 * await saveSafetensors('model.safetensors', net.variables);
 */
export async function saveSafetensors(path: string, tensors: NamedTensors, options: SafetensorsOptions = {}): Promise<void> {
  checkOptions('saveSafetensors', options);
  if (typeof path !== 'string' || path === '')
    throw new TypeError(`saveSafetensors: path is ${describe(path)}, but must be the name of a file.`);
  const { header, tensors: order, bytes } = layOut('saveSafetensors', tensors, options);
  // A clone shares the values until either side is written, so training may go on.
  const held = order.map((value) => (value instanceof Tensor ? keep(clone(value)) : value));
  const pieces = async function* (): AsyncGenerator<Uint8Array> {
    yield header;
    for (const value of held) yield await bytesOf(value);
  };
  try {
    // Loaded by who writes files; the values are held already.
    const { writeAtomically } = await import('./write-atomically.ts');
    await writeAtomically('saveSafetensors', path, pieces(), bytes);
  } finally {
    dispose(held.filter((value) => value instanceof Tensor));
  }
}

/**
 * Reads all of a safetensors file, or of the files that a `*.safetensors.index.json` names. The header is checked before any memory is
 * taken for tensors; what a file takes beside its tensors is one of them at a time. {@link openSafetensors} reads single ones.
 *
 * @returns The tensors, which the caller disposes, and the metadata.
 * @throws {SafetensorsError} if a file is not whole and consistent; no tensor is left then.
 */
export async function loadSafetensors(location: FileLocation, options: OpenSafetensorsOptions = {}): Promise<SafetensorsContents> {
  checkOptions('loadSafetensors', options);
  if (location === '') throw new TypeError(`loadSafetensors: path is "", but must be the name of a file.`);
  const reader = await openSafetensors(location, options);
  const contents = emptyContents(reader.metadata);
  try {
    for (const [name, { dtype }] of reader.tensors)
      if (isTensorDtype(dtype)) contents.tensors[name] = await reader.readTensor(name);
      else contents.raw[name] = await reader.readRaw(name);
    return contents;
  } catch (error) {
    for (const made of Object.values(contents.tensors)) made.dispose();
    throw error;
  } finally {
    await reader.close();
  }
}
