import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { deflateCached } from '../src/deflate.ts';

let cache: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'deflate-'));
});
afterEach(() => rm(cache, { recursive: true }));

const bytes = Uint8Array.from({ length: 5000 }, (_, i) => (i * i) % 251);

test('inflates to the same, is smaller than by zlib, and is kept', async () => {
  const deflated = await deflateCached(bytes, cache);
  expect(Uint8Array.from(inflateRawSync(deflated))).toEqual(bytes);
  expect(deflated.length).toBeLessThan(deflateRawSync(bytes, { level: 9 }).length);
  const [entry, ...more] = await readdir(cache);
  expect(more).toEqual([]);
  await writeFile(join(cache, entry!), 'kept');
  expect(Buffer.from(await deflateCached(bytes, cache)).toString()).toBe('kept');
  await deflateCached(bytes.subarray(1), cache);
  expect(await readdir(cache)).toHaveLength(2);
});
