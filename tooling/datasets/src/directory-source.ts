import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataFile } from './data-file.ts';
import type { Source } from './source.ts';

/** A directory that holds the files as they are, or with `.gz` after their names. */
export function directorySource(label: string, directory: string, { cached = false } = {}): Source {
  return {
    label: `${label} ${directory}`,
    online: false,
    cached,
    async deliver(files, accept, { onProgress }) {
      const absent: string[] = [];
      for (const [index, file] of files.entries()) {
        const content = (await readIfPresent(join(directory, file.name))) ?? (await readIfPresent(join(directory, `${file.name}.gz`)));
        if (!content) {
          absent.push(file.name);
          continue;
        }
        await accept(file, content);
        onProgress({ source: label, item: file.name, fraction: (index + 1) / files.length });
      }
      if (absent.length > 0) throw new Error(`it has no ${absent.join(', no ')}.`);
    },
  };
}

/** Writes a file whole or not at all, also when two processes write it at once. */
export async function storeIn(directory: string, file: DataFile, content: Uint8Array): Promise<void> {
  await mkdir(directory, { recursive: true });
  const unfinished = join(directory, `.${file.name}.${randomUUID()}`);
  try {
    await writeFile(unfinished, content);
    await rename(unfinished, join(directory, file.name));
  } finally {
    await rm(unfinished, { force: true });
  }
}

async function readIfPresent(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
