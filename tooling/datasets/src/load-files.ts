import { verify, type DataFile } from './data-file.ts';
import type { OnProgress, Source } from './source.ts';

export interface LoadFilesOptions {
  readonly onProgress?: OnProgress;
  /** Leaves out the sources that reach beyond this machine. */
  readonly offline?: boolean;
  readonly signal?: AbortSignal;
  /** Keeps a file that came from elsewhere for the next time. */
  readonly store?: (file: DataFile, content: Uint8Array) => Promise<void>;
  /** What to do when no source has the files; ends the error. */
  readonly remedy?: string;
}

/**
 * Collects a data set's files from the first sources that have them. Each file's size and hash is checked; a source
 * that lacks a file or gives a wrong one is passed over for that file.
 *
 * @returns the uncompressed contents by file name.
 * @throws Error naming every source and what each said, when a file was found in none.
 */
export async function loadFiles(
  title: string,
  files: readonly DataFile[],
  sources: readonly Source[],
  { onProgress = () => {}, offline = false, signal, store, remedy = '' }: LoadFilesOptions = {},
): Promise<Map<string, Uint8Array>> {
  const contents = new Map<string, Uint8Array>();
  const failures: string[] = [];
  for (const source of sources) {
    const missing = files.filter(({ name }) => !contents.has(name));
    if (missing.length === 0) break;
    if (offline && source.online) {
      failures.push(`${source.label}: left out, since offline was asked for`);
      continue;
    }
    const refusals: string[] = [];
    const accept = async (file: DataFile, content: Uint8Array): Promise<void> => {
      try {
        contents.set(file.name, verify(file, content));
      } catch (error) {
        refusals.push((error as Error).message);
        return;
      }
      if (!source.cached) await store?.(file, contents.get(file.name)!);
    };
    try {
      await source.deliver(missing, accept, { onProgress, signal });
    } catch (error) {
      signal?.throwIfAborted();
      refusals.push((error as Error).message);
    }
    if (refusals.length > 0) failures.push(`${source.label}: ${refusals.join(' ')}`);
    else if (missing.some(({ name }) => !contents.has(name)))
      failures.push(
        `${source.label}: gave nothing for ${missing
          .filter(({ name }) => !contents.has(name))
          .map(({ name }) => name)
          .join(', ')}`,
      );
  }
  const absent = files.filter(({ name }) => !contents.has(name)).map(({ name }) => name);
  if (absent.length > 0) {
    throw new Error(
      `${title} could not be loaded: no source has ${absent.join(', ')}.\n${failures.map((failure, index) => `  ${index + 1}. ${failure}`).join('\n')}${remedy && `\n${remedy}`}`,
    );
  }
  return contents;
}
