import { describe } from '../ops/arguments.ts';
import { nodeFiles } from './node-files.ts';

/** Bytes that lie somewhere and are read in parts. */
export interface ByteSource {
  /** How errors call it. */
  readonly label: string;
  /** Of the whole. */
  readonly size: number;
  /** Exactly these bytes, in memory of their own. */
  read(begin: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

/** Where a file can be: its path (in Node), its address, what a page's user chose, or memory. */
export type FileLocation = string | URL | Blob | Uint8Array;

/** The bytes at a location turned out to be fewer, or others, while they were read. */
export class ChangedError extends Error {
  override readonly name: string = 'ChangedError';
}

/** Opens bytes to be read in parts, where each of them is. */
export function openBytes(where: string, location: FileLocation, fetchOptions: RequestInit = {}): Promise<ByteSource> {
  if (location instanceof Uint8Array) return Promise.resolve(bytesSource(location));
  if (typeof Blob !== 'undefined' && location instanceof Blob) return Promise.resolve(blobSource(location));
  const url = asUrl(location);
  if (url && url.protocol !== 'file:') return urlSource(where, url, fetchOptions);
  if (typeof location === 'string' && location !== '') return fileSource(where, location);
  if (url) return fileSource(where, url);
  throw new TypeError(`${where}: path is ${describe(location)}, but must be a file's path, a URL, a Blob or a Uint8Array.`);
}

function asUrl(location: unknown): URL | undefined {
  if (location instanceof URL) return location;
  // Not every text with a colon is an address: 'C:\model' is a path.
  return typeof location === 'string' && /^(https?|blob|data):/i.test(location) ? new URL(location) : undefined;
}

function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    label: `${bytes.length} bytes in memory`,
    size: bytes.length,
    read: async (begin, length) => new Uint8Array(bytes.subarray(begin, begin + length)),
    close: async () => {},
  };
}

function blobSource(blob: Blob): ByteSource {
  const label = 'name' in blob ? String(blob.name) : `a Blob of ${blob.size} bytes`;
  return {
    label,
    size: blob.size,
    read: async (begin, length) => {
      const bytes = new Uint8Array(await blob.slice(begin, begin + length).arrayBuffer());
      if (bytes.length !== length) throw new ChangedError(`${label} ended at byte ${begin + bytes.length} while it was read.`);
      return bytes;
    },
    close: async () => {},
  };
}

/** Node ends the process if it is to read 2 GiB or more at once; pieces far smaller are as fast. */
const MOST_AT_ONCE = 2 ** 26;

async function fileSource(where: string, path: string | URL): Promise<ByteSource> {
  const file = await nodeFiles(where).open(path, 'r');
  const label = String(path);
  try {
    const { size } = await file.stat();
    return {
      label,
      size,
      read: async (begin, length) => {
        const bytes = new Uint8Array(length);
        let done = 0;
        while (done < length) {
          const { bytesRead } = await file.read(bytes, done, Math.min(length - done, MOST_AT_ONCE), begin + done);
          if (bytesRead === 0)
            throw new ChangedError(`The file ended at byte ${begin + done} while it was read; it was changed meanwhile.`);
          done += bytesRead;
        }
        return bytes;
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** A server must answer requests for ranges of bytes, as those of static files do. */
async function urlSource(where: string, url: URL, options: RequestInit): Promise<ByteSource> {
  const label = url.protocol === 'data:' ? 'a data: URL' : url.href;
  const request = async (begin: number, end: number): Promise<{ bytes: Uint8Array<ArrayBuffer>; size: number; tag: string | null }> => {
    const headers = new Headers(options.headers);
    headers.set('Range', `bytes=${begin}-${end - 1}`);
    const response = await fetch(url, { ...options, headers });
    const range = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(response.headers.get('Content-Range') ?? '');
    if (response.status !== 206 || !range || Number(range[1]) !== begin) {
      await response.body?.cancel();
      throw new Error(
        response.ok
          ? `${where}: ${label} came whole instead of bytes ${begin} to ${end - 1}: its server doesn't answer requests for ranges. Fetch it whole and give the bytes, or use another server.`
          : `${where}: ${label} answered ${response.status} ${response.statusText}.`,
      );
    }
    const bytes = new Uint8Array(await response.arrayBuffer());
    return { bytes, size: Number(range[3]), tag: response.headers.get('ETag') };
  };
  const first = await request(0, 1);
  return {
    label,
    size: first.size,
    read: async (begin, length) => {
      if (length === 0) return new Uint8Array(0);
      const { bytes, size, tag } = await request(begin, begin + length);
      if (size !== first.size || tag !== first.tag || bytes.length !== length)
        throw new ChangedError(`${label} was changed on its server while it was read; open it again.`);
      return bytes;
    },
    close: async () => {},
  };
}
