import { describe } from '../ops/arguments.ts';
import { beside } from './beside.ts';
import { openBytes, type FileLocation } from './byte-source.ts';
import { SafetensorsError } from './safetensors-error.ts';
import { openFile, type OpenSafetensorsOptions, type SafetensorsReader } from './safetensors-reader.ts';
import { parseStrictJson } from './strict-json.ts';

/** An index of a model of a million tensors takes no more. */
const MOST_INDEX_BYTES = 100_000_000;

/** Opens a file, or those of an index, which is known by its name. */
export async function openFiles(where: string, location: FileLocation, options: OpenSafetensorsOptions): Promise<SafetensorsReader> {
  return isIndex(location) ? openShards(where, location, options) : openFile(where, location, options);
}

function isIndex(location: FileLocation): location is string | URL {
  if (typeof location !== 'string' && !(location instanceof URL)) return false;
  const path = typeof location === 'string' ? location.replace(/[?#].*$/, '') : location.pathname;
  return path.endsWith('.index.json');
}

/**
 * Opens the files that an index names: `{ "metadata": {...}, "weight_map": { "<tensor>": "<file beside the index>" } }`, as
 * Hugging Face's tools write it. A name that leads out of the index's folder is refused.
 */
async function openShards(where: string, location: string | URL, options: OpenSafetensorsOptions): Promise<SafetensorsReader> {
  const label = String(location);
  const { files, metadata } = await readIndex(where, location, options);
  const readers = new Map<string, SafetensorsReader>();
  const close = async (): Promise<void> => {
    await Promise.all([...readers.values()].map((reader) => reader.close()));
  };
  try {
    const tensors = new Map<string, { reader: SafetensorsReader }>();
    for (const [name, file] of files) {
      let reader = readers.get(file);
      if (!reader) readers.set(file, (reader = await openFile(where, beside(location, file), options)));
      if (!reader.tensors.has(name))
        throw new SafetensorsError('TensorNotFound', `${label}: '${name}' is not in ${file}, where it should be.`);
      tensors.set(name, { reader });
    }
    for (const [file, reader] of readers)
      for (const name of reader.tensors.keys())
        if (files.get(name) !== file) throw new SafetensorsError('InvalidIndex', `${label}: '${name}' of ${file} is not in the index.`);
    const readerOf = (name: string): SafetensorsReader => {
      const found = tensors.get(name);
      if (!found) throw new SafetensorsError('TensorNotFound', `${label}: There is no tensor '${name}'.`);
      return found.reader;
    };
    return {
      tensors: new Map([...tensors].map(([name, { reader }]) => [name, reader.tensors.get(name)!])),
      metadata,
      readRaw: async (name, rows) => readerOf(name).readRaw(name, rows),
      readTensor: async (name, rows) => readerOf(name).readTensor(name, rows),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function readIndex(
  where: string,
  location: string | URL,
  { fetch: fetchOptions }: OpenSafetensorsOptions,
): Promise<{ files: Map<string, string>; metadata: Record<string, string> }> {
  const refuse = (problem: string, cause?: unknown): never => {
    throw new SafetensorsError('InvalidIndex', `${String(location)}: ${problem}`, { cause });
  };
  const source = await openBytes(where, location, fetchOptions);
  let index: unknown;
  try {
    if (source.size > MOST_INDEX_BYTES) return refuse(`an index of ${source.size} bytes is longer than the ${MOST_INDEX_BYTES} allowed.`);
    index = parseStrictJson(new TextDecoder('utf-8', { fatal: true }).decode(await source.read(0, source.size)));
  } catch (error) {
    if (error instanceof SafetensorsError) throw error;
    return refuse(`it is no JSON in UTF-8 that can be read: ${(error as Error).message}`, error);
  } finally {
    await source.close();
  }
  const { weight_map: map, metadata } = (index ?? {}) as Record<string, unknown>;
  if (typeof map !== 'object' || map === null || Array.isArray(map))
    return refuse(`its weight_map is ${describe(map)}, but must be an object of file names by tensor.`);
  const files = new Map<string, string>();
  for (const [name, file] of Object.entries(map)) {
    if (typeof file !== 'string' || !/^[^/\\?#]+$/.test(file) || /^\.{1,2}$|^[a-z]+:/i.test(file))
      return refuse(`the file of '${name}' is ${describe(file)}, but must be the plain name of a file beside the index.`);
    files.set(name, file);
  }
  const texts = typeof metadata === 'object' && metadata !== null ? metadata : {};
  return {
    files,
    metadata: Object.fromEntries(
      Object.entries(texts).map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]),
    ),
  };
}
