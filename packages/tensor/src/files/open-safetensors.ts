import type { FileLocation } from './byte-source.ts';
import type { OpenSafetensorsOptions, SafetensorsReader } from './safetensors-reader.ts';
import { checkOptions } from '../ops/argument-kinds.ts';

/**
 * Opens a safetensors file to read single tensors, or single rows of them: for files larger than memory. Only the header is
 * read and checked at once.
 *
 * @param location A path, in Node; a URL, whose server must answer requests for ranges; a Blob, such as a file that a page's user
 * chose; bytes; or the path or URL of a `*.safetensors.index.json`, whose files are opened as they are needed.
 * @throws {SafetensorsError} if a file is not whole and consistent.
 * @example
 * const file = await openSafetensors('model.safetensors');
 * const embedding = await file.readTensor('wte', { begin: 0, end: 1000 });
 * await file.close();
 */
export async function openSafetensors(location: FileLocation, options: OpenSafetensorsOptions = {}): Promise<SafetensorsReader> {
  checkOptions('openSafetensors', options);
  // Loaded by who reads files.
  const { openFiles } = await import('./shards.ts');
  return openFiles('openSafetensors', location, options);
}
