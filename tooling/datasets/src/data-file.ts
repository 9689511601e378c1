import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';

/** One file of a data set, by which its content is known wherever it comes from. */
export interface DataFile {
  readonly name: string;
  /** Of the uncompressed content. */
  readonly bytes: number;
  readonly hash: { readonly algorithm: 'md5' | 'sha256'; readonly digest: string };
}

/**
 * Returns the content, decompressed if it is a gzip file, after checking its size and hash.
 *
 * @throws Error that names the file when it is truncated or altered.
 */
export function verify(file: DataFile, content: Uint8Array): Uint8Array {
  const gzip = content[0] === 0x1f && content[1] === 0x8b;
  let raw = content;
  if (gzip) {
    try {
      raw = gunzipSync(content);
    } catch (error) {
      throw new Error(`${file.name}.gz is truncated or altered: ${(error as Error).message}.`, { cause: error });
    }
  }
  if (raw.length < file.bytes) throw new Error(`${file.name} is truncated: ${raw.length} of ${file.bytes} bytes.`);
  const digest = createHash(file.hash.algorithm).update(raw).digest('hex');
  if (digest !== file.hash.digest) {
    throw new Error(`${file.name} is altered: its ${file.hash.algorithm} is ${digest}, not ${file.hash.digest} (${raw.length} bytes).`);
  }
  // A plain view: Node's Buffer subclass would reach the user.
  return new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength);
}
