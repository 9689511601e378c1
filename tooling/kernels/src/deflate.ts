import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { deflateAsync } from '@gfx/zopfli';

const { version } = createRequire(import.meta.url)('@gfx/zopfli/package.json') as { version: string };
/** More find a few bytes less. */
const ITERATIONS = 5;

/**
 * Deflates bytes as small as zopfli can, 5 to 7 % smaller than zlib does, or takes what the same bytes gave before. It takes seconds,
 * which is why it is kept, and the format is the one that every engine inflates.
 */
export async function deflateCached(bytes: Uint8Array, cache: string): Promise<Uint8Array> {
  const hash = createHash('sha256').update(`zopfli ${version} ${ITERATIONS}\0`).update(bytes);
  const path = join(cache, `${hash.digest('hex')}.deflate`);
  const kept = await readFile(path).catch(() => undefined);
  if (kept) return kept;
  const deflated = await deflateAsync(bytes, { numiterations: ITERATIONS });
  if (!inflateRawSync(deflated).equals(bytes)) throw new Error('What was deflated inflates to other bytes: a fault of @gfx/zopfli.');
  await mkdir(cache, { recursive: true });
  const partial = `${path}.${randomUUID()}`;
  await writeFile(partial, deflated);
  await rename(partial, path);
  return deflated;
}
