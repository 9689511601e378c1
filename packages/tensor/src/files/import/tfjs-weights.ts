import { dispose, io, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { checkOptions } from '../../ops/argument-kinds.ts';
import { describe } from '../../ops/arguments.ts';
import { openBytes, type ByteSource } from '../byte-source.ts';
import { beside } from '../beside.ts';

/** A tfjs model's files are not whole or don't fit together; the message says where. */
export class TfjsModelError extends Error {
  override readonly name: string = 'TfjsModelError';
}

/** What a tfjs model holds. Whoever reads it disposes the tensors. */
export interface TfjsWeights {
  readonly format: 'layers-model' | 'graph-model';
  readonly tensors: Record<string, Tensor>;
  /** The model itself, as JSON says it. */
  readonly topology: unknown;
}

/** A model of a million tensors says no more. */
const MOST_MODEL_BYTES = 500_000_000;
const widths: Readonly<Record<string, number>> = { float32: 4, int32: 4, bool: 1, complex64: 8, uint8: 1, uint16: 2, float16: 2 };

/**
 * Reads the weights of a tfjs model, a layers-model or a graph-model: those that its `model.json` lists, from the files beside it. Weights that
 * were quantized to uint8, uint16 or float16 become what they stand for, q · scale + min.
 *
 * @param location Path, in Node, or address of the `model.json` (or of a list of weights alone).
 * @throws {TfjsModelError} if a file is not what the list says it is; no tensor is left then.
 * @example
 * const { tensors } = await loadTfjsWeights('model/model.json');
 * importWeights(net, tensors, { from: 'keras', names: { '0': 'dense_1' } });
 */
export async function loadTfjsWeights(location: string | URL, options: { readonly fetch?: RequestInit } = {}): Promise<TfjsWeights> {
  const { fetch } = checkOptions('loadTfjsWeights', options);
  const where = 'loadTfjsWeights';
  const label = String(location);
  const refuse: Refuse = (problem, cause) => {
    throw new TfjsModelError(`${label}: ${problem}`, { cause });
  };
  const text = await readWhole(await openBytes(where, location, fetch), MOST_MODEL_BYTES);
  let model: Record<string, unknown>;
  try {
    model = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text)) as Record<string, unknown>;
  } catch (error) {
    return refuse(`it is no JSON in UTF-8: ${(error as Error).message}`, error);
  }
  const manifest = Array.isArray(model) ? model : model?.['weightsManifest'];
  if (!Array.isArray(manifest)) return refuse(`its weightsManifest is ${describe(manifest)}, but must be a list.`);
  const tensors: Record<string, Tensor> = {};
  try {
    for (const group of manifest as Record<string, unknown>[]) {
      const { paths, weights } = group ?? {};
      if (!Array.isArray(paths) || !Array.isArray(weights)) return refuse('a group of its weights has no paths or no weights.');
      const specs = weights as io.WeightsManifestEntry[];
      const needed = specs.reduce((sum, spec) => sum + bytesOf(spec, refuse), 0);
      const parts: Uint8Array<ArrayBuffer>[] = [];
      for (const path of paths) {
        if (typeof path !== 'string' || !isBeside(path)) return refuse(`the file ${describe(path)} must be the name of one beside it.`);
        parts.push(await readWhole(await openBytes(where, beside(location, path), fetch), needed));
      }
      const found = parts.reduce((sum, { length }) => sum + length, 0);
      if (found !== needed) return refuse(`${paths.join(', ')} have ${found} bytes, but their weights take ${needed}.`);
      const bytes = new Uint8Array(needed);
      parts.reduce((at, part) => (bytes.set(part, at), at + part.length), 0);
      const twice = specs.find(
        ({ name }, index) => Object.hasOwn(tensors, name) || specs.findIndex((other) => other.name === name) < index,
      );
      if (twice) return refuse(`two weights are called '${twice.name}'.`);
      Object.assign(tensors, decoded(bytes.buffer, specs, refuse));
    }
  } catch (error) {
    dispose(Object.values(tensors));
    throw error;
  }
  const format = model['format'] === 'graph-model' ? 'graph-model' : 'layers-model';
  return { format, tensors, topology: model['modelTopology'] };
}

async function readWhole(source: ByteSource, most: number): Promise<Uint8Array<ArrayBuffer>> {
  try {
    if (source.size > most) throw new TfjsModelError(`${source.label}: ${source.size} bytes are more than the ${most} there should be.`);
    return await source.read(0, source.size);
  } finally {
    await source.close();
  }
}

type Refuse = (problem: string, cause?: unknown) => never;

/** The tensors, or none of them. */
function decoded(bytes: ArrayBuffer, specs: io.WeightsManifestEntry[], refuse: Refuse): Record<string, Tensor> {
  try {
    return tidy(() => io.decodeWeights(bytes, specs));
  } catch (error) {
    return refuse((error as Error).message, error);
  }
}

/** Bytes of a weight in its file. */
function bytesOf(spec: io.WeightsManifestEntry | null, refuse: Refuse): number {
  const { name, shape, dtype, quantization } = (spec ?? {}) as io.WeightsManifestEntry;
  const width = widths[quantization?.dtype ?? dtype];
  // Assigned to an object it replaces the prototype, and the weight would be lost.
  if (name === '__proto__') return refuse("a weight is called '__proto__', which none may be.");
  if (typeof name !== 'string' || !Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && size >= 0))
    return refuse(`a weight, ${describe(name)}, has the shape ${describe(shape)}, but it must be an array of whole numbers.`);
  if (width === undefined)
    return refuse(`weight '${name}' is of dtype ${describe(quantization?.dtype ?? dtype)}, which can't be read here.`);
  const { min, scale } = quantization ?? {};
  if (quantization && quantization.dtype !== 'float16' && !(Number.isFinite(min) && Number.isFinite(scale)))
    return refuse(`weight '${name}' is quantized with min ${describe(min)} and scale ${describe(scale)}, which must be numbers.`);
  const bytes = shape.reduce((product, size) => product * size, width);
  return Number.isSafeInteger(bytes) ? bytes : refuse(`weight '${name}' of shape [${shape.join(', ')}] is beyond counting.`);
}

/** A path of plain names, that doesn't lead out of the folder. */
function isBeside(path: string): boolean {
  return path.split('/').every((part) => /^[^\\?#:]+$/.test(part) && !/^\.{1,2}$/.test(part));
}
