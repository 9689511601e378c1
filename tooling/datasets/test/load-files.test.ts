import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DataFile } from '../src/data-file.ts';
import { directorySource, storeIn } from '../src/directory-source.ts';
import { loadFiles } from '../src/load-files.ts';
import type { LoadProgress, Source } from '../src/source.ts';

const contents: Record<string, Uint8Array> = { images: new Uint8Array([1, 2, 3, 4, 5]), labels: new Uint8Array([9, 8]) };
const files: DataFile[] = Object.entries(contents).map(([name, content]) => ({
  name,
  bytes: content.length,
  hash: { algorithm: 'md5', digest: createHash('md5').update(content).digest('hex') },
}));

let cache: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'datasets-'));
});
afterEach(() => rm(cache, { recursive: true, force: true }));

/** A source that gives these contents and notes what it was asked for. */
function giving(given: Record<string, Uint8Array>, { label = 'elsewhere', online = false } = {}): Source & { asked: string[] } {
  const asked: string[] = [];
  return {
    label,
    online,
    asked,
    async deliver(wanted, accept, { onProgress }) {
      for (const file of wanted) {
        asked.push(file.name);
        if (given[file.name]) await accept(file, given[file.name]!);
        onProgress({ source: label, item: file.name, fraction: 1 });
      }
    },
  };
}

function failing(label: string, message: string): Source {
  return { label, online: true, deliver: () => Promise.reject(new Error(message)) };
}

const fromCache = (): Source => directorySource('the cache', cache, { cached: true });
const load = (...sources: Source[]): Promise<Map<string, Uint8Array>> =>
  loadFiles('Toys', files, sources, { store: (file, content) => storeIn(cache, file, content) });

describe('where files come from', () => {
  test('what a later source gives is kept in the cache, whole files only, and found there next time', async () => {
    const elsewhere = giving(contents);
    expect(Object.fromEntries(await load(fromCache(), elsewhere))).toEqual(contents);
    expect(await readdir(cache)).toEqual(['images', 'labels']);
    const unasked = giving(contents);
    expect(Object.fromEntries(await load(fromCache(), unasked))).toEqual(contents);
    expect(unasked.asked).toEqual([]);
  });

  test('gzip files are decompressed, also in a directory under a name with .gz', async () => {
    await writeFile(join(cache, 'images.gz'), gzipSync(contents['images']!));
    const elsewhere = giving({ labels: gzipSync(contents['labels']!) });
    expect(Object.fromEntries(await load(fromCache(), elsewhere))).toEqual(contents);
    expect(elsewhere.asked).toEqual(['labels']);
  });

  test('progress says where, what and how much', async () => {
    const seen: LoadProgress[] = [];
    await loadFiles('Toys', files, [giving(contents)], { onProgress: (progress) => seen.push(progress) });
    expect(seen).toEqual([
      { source: 'elsewhere', item: 'images', fraction: 1 },
      { source: 'elsewhere', item: 'labels', fraction: 1 },
    ]);
  });
});

describe('files that are not what they should be', () => {
  test.for([
    ['truncated', new Uint8Array([1, 2, 3]), 'images is truncated: 3 of 5 bytes.'],
    ['altered', new Uint8Array([1, 2, 3, 4, 6]), /images is altered: its md5 is [0-9a-f]{32}, not [0-9a-f]{32} \(5 bytes\)\./],
    ['too long', new Uint8Array([1, 2, 3, 4, 5, 6]), /images is altered: .* \(6 bytes\)\./],
    ['a truncated gzip file', gzipSync(contents['images']!).subarray(0, 12), /images\.gz is truncated or altered: /],
    ['empty', new Uint8Array(), 'images is truncated: 0 of 5 bytes.'],
  ] as const)('%s: refused by name, and the next source is tried', async ([, bad, message]) => {
    await writeFile(join(cache, 'images'), bad);
    await expect(load(fromCache())).rejects.toThrow(message);
    const elsewhere = giving(contents);
    expect(Object.fromEntries(await load(fromCache(), elsewhere))).toEqual(contents);
    expect(await readFile(join(cache, 'images'))).toEqual(Buffer.from(contents['images']!));
  });

  test('a file that is good is taken from a source whose other file is bad', async () => {
    const half = giving({ images: contents['images']!, labels: new Uint8Array(2) });
    const other = giving(contents);
    expect(Object.fromEntries(await load(half, other))).toEqual(contents);
    expect(other.asked).toEqual(['labels']);
  });
});

describe('when there is no way', () => {
  test('one error names every way and what it said', async () => {
    const error = await load(
      fromCache(),
      giving({ images: new Uint8Array(5) }),
      failing('Debian', 'no apt-get.'),
      failing('http://x/', 'no route.'),
    ).catch(String);
    const digest = files[0]!.hash.digest;
    const zeros = createHash('md5').update(new Uint8Array(5)).digest('hex');
    expect(error).toBe(`Error: Toys could not be loaded: no source has images, labels.
  1. the cache ${cache}: it has no images, no labels.
  2. elsewhere: images is altered: its md5 is ${zeros}, not ${digest} (5 bytes).
  3. Debian: no apt-get.
  4. http://x/: no route.`);
  });

  test('offline leaves out what reaches beyond the machine, and says so', async () => {
    const web = giving(contents, { label: 'web', online: true });
    await expect(loadFiles('Toys', files, [web], { offline: true, remedy: 'Fetch them.' })).rejects.toThrow(
      'web: left out, since offline was asked for\nFetch them.',
    );
    expect(web.asked).toEqual([]);
  });

  test('an abort ends the search', async () => {
    const controller = new AbortController();
    const stops: Source = { label: 'slow', online: true, deliver: async () => controller.abort(new Error('enough')) };
    const aborting: Source = { label: 'aborted', online: true, deliver: (_files, _accept, { signal }) => Promise.reject(signal?.reason) };
    const unasked = giving(contents);
    await expect(loadFiles('Toys', files, [stops, aborting, unasked], { signal: controller.signal })).rejects.toThrow('enough');
    expect(unasked.asked).toEqual([]);
  });

  test('an interrupted write leaves nothing behind', async () => {
    const [file] = files as [DataFile, DataFile];
    await expect(storeIn(cache, { ...file, name: 'no/such/place' }, contents['images']!)).rejects.toThrow('ENOENT');
    expect(await readdir(cache)).toEqual([]);
  });
});
