import { FileWriteError } from './file-write-error.ts';
import { nodeFiles, nodeModule } from './node-files.ts';

/**
 * Writes a file so that whoever looks finds the old one or the whole new one, also after a crash: to a temporary file
 * beside it, synced to the disk, then renamed, and the folder synced. Temporary files that earlier processes left behind
 * when they were killed are removed.
 *
 * @throws {FileWriteError} if the system refuses.
 */
export async function writeAtomically(
  where: string,
  path: string,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  bytes: number,
): Promise<void> {
  const { open, rename, rm } = nodeFiles(where);
  const { hostname } = nodeModule(where, 'node:os');
  const temporary = `${path}.${hostname()}.${process.pid}.${globalThis.crypto.randomUUID().slice(0, 8)}.tmp`;
  try {
    await removeLeftovers(where, path);
    const file = await open(temporary, 'wx');
    try {
      for await (const piece of pieces) await file.writeFile(piece);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    // What the system reports has a code; what else went wrong is no matter of files.
    if (error instanceof Error && 'syscall' in error) throw new FileWriteError(where, path, bytes, error as NodeJS.ErrnoException);
    throw error;
  }
  await syncFolder(where, path);
}

/**
 * Removes temporary files of this path whose writer, a process of this machine, is no more. What can't be removed is in
 * nobody's way.
 */
async function removeLeftovers(where: string, path: string): Promise<void> {
  const { readdir, rm } = nodeFiles(where);
  const { hostname } = nodeModule(where, 'node:os');
  const folder = folderOf(path);
  const start = `${path.slice(path.length - nameLength(path))}.${hostname()}.`;
  for (const name of await readdir(folder).catch(() => [])) {
    const writer = name.startsWith(start) ? /^(\d+)\.[0-9a-f]{8}\.tmp$/.exec(name.slice(start.length))?.[1] : undefined;
    if (writer === undefined) continue;
    const leftover = `${folder}/${name}`;
    if (Number(writer) === process.pid ? await isOlderThanProcess(leftover) : !isAlive(Number(writer)))
      await rm(leftover, { force: true }).catch(() => {});
  }
}

/** In a container each process in turn may have the same number, and this one's file may be that of one before. */
async function isOlderThanProcess(path: string): Promise<boolean> {
  const { stat } = nodeFiles('writeAtomically');
  const began = Date.now() - process.uptime() * 1000;
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs < began - 1000,
    () => false,
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Makes the rename last. Some systems can't open a folder; there it lasts by itself or not at all. */
async function syncFolder(where: string, path: string): Promise<void> {
  const { open } = nodeFiles(where);
  try {
    const handle = await open(folderOf(path), 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    return;
  }
}

function folderOf(path: string): string {
  const folder = path.slice(0, path.length - nameLength(path));
  return folder === '' ? '.' : folder;
}

/** Of the part after the last separator. */
function nameLength(path: string): number {
  return path.length - 1 - Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
}
