import { nodeFiles } from './node-files.ts';

/**
 * Writes a file so that whoever looks finds the old one or the whole new one, also after a crash: to a temporary file
 * beside it, synced to the disk, then renamed, and the folder synced.
 */
export async function writeAtomically(
  where: string,
  path: string,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  const { open, rename, rm } = nodeFiles(where);
  const temporary = `${path}.${globalThis.crypto.randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx');
    try {
      for await (const piece of pieces) await file.writeFile(piece);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(where, path);
}

/** Makes the rename last. Some systems can't open a folder; there it lasts by itself or not at all. */
async function syncFolder(where: string, path: string): Promise<void> {
  const { open } = nodeFiles(where);
  const folder = /^(.*)[\\/]/.exec(path)?.[1];
  try {
    const handle = await open(folder === undefined ? '.' : folder || '/', 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    return;
  }
}
