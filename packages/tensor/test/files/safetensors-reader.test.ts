import { createServer, type Server } from 'node:http';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { expectNoLeak } from '@x-tooling/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  encodeSafetensors,
  loadSafetensors,
  openSafetensors,
  packRaw,
  unpackRaw,
  type FileLocation,
  type SafetensorsReader,
} from '../../src/index.ts';
import { useBackend } from '../backends.ts';

let folder: string;
let server: Server;
let base: string;
/** What the server is to do wrong, by the query of an address. */
const requests: string[] = [];

beforeAll(async () => {
  await useBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'reader-'));
  const w = tf.tensor2d([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  const ids = tf.tensor1d([7, 8], 'int32');
  const one = await encodeSafetensors(
    { w, half: packRaw('F16', [2, 2], [1, 2, 3, 4]), one: packRaw('F64', [], [0.5]) },
    { metadata: { a: 'b' } },
  );
  await writeFile(join(folder, 'one.safetensors'), one);
  await writeFile(join(folder, 'two of 2.safetensors'), await encodeSafetensors({ ids }));
  const map = { w: 'one.safetensors', half: 'one.safetensors', one: 'one.safetensors', ids: 'two of 2.safetensors' };
  await writeFile(join(folder, 'm.safetensors.index.json'), JSON.stringify({ metadata: { total_size: 48 }, weight_map: map }));
  tf.dispose([w, ids]);
  server = createServer(async (request, response) => {
    const { pathname, search } = new URL(request.url!, 'http://localhost');
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    requests.push(`${pathname} ${request.headers.range}`);
    const bytes = await readFile(join(folder, decodeURIComponent(pathname))).catch(() => undefined);
    if (!bytes) response.writeHead(404).end();
    else if (search === '?whole' || !range) response.writeHead(200).end(bytes);
    else {
      const [begin, end] = [Number(range[1]), Math.min(Number(range[2]), bytes.length - 1)];
      const tag = search === '?changing' ? `"${requests.length}"` : '"fixed"';
      response.writeHead(206, { 'Content-Range': `bytes ${begin}-${end}/${bytes.length}`, ETag: tag }).end(bytes.subarray(begin, end + 1));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

const locations: readonly [string, () => FileLocation | Promise<FileLocation>][] = [
  ['a path', () => join(folder, 'one.safetensors')],
  ['a file: URL', () => new URL(`file://${folder}/one.safetensors`)],
  ['an address', () => `${base}/one.safetensors`],
  ['a URL', () => new URL(`${base}/one.safetensors`)],
  ['a Blob', async () => new Blob([await readFile(join(folder, 'one.safetensors'))])],
  ['bytes', async () => new Uint8Array(await readFile(join(folder, 'one.safetensors')))],
  ['an index by its path', () => join(folder, 'm.safetensors.index.json')],
  ['an index by its address', () => `${base}/m.safetensors.index.json`],
];

describe.each(locations)('tensors read one at a time from %s', (_, location) => {
  const using = async (run: (file: SafetensorsReader) => Promise<void>): Promise<void> => {
    const file = await openSafetensors(await location());
    await run(file).finally(() => file.close());
  };

  test('whole, by rows, and as they are stored', () =>
    expectNoLeak(() =>
      using(async (file) => {
        expect(file.tensors.get('w')).toEqual({ dtype: 'F32', shape: [3, 2], bytes: 24 });
        const parts = [
          await file.readTensor('w'),
          await file.readTensor('w', { begin: 1, end: 3 }),
          await file.readTensor('w', { begin: 3, end: 3 }),
        ];
        expect(parts.map((part) => part.arraySync())).toEqual([
          [
            [1, 2],
            [3, 4],
            [5, 6],
          ],
          [
            [3, 4],
            [5, 6],
          ],
          [],
        ]);
        expect(parts[2]!.shape).toEqual([0, 2]);
        tf.dispose(parts);
        expect(unpackRaw(await file.readRaw('half', { begin: 1, end: 2 }))).toEqual(Float32Array.of(3, 4));
        expect(unpackRaw(await file.readRaw('one'))).toEqual(Float64Array.of(0.5));
      }),
    ));

  test('names and rows that are not there are refused', () =>
    using(async (file) => {
      await expect(file.readRaw('none')).rejects.toThrow(
        expect.objectContaining({ code: 'TensorNotFound', message: expect.stringContaining("no tensor 'none'") }),
      );
      await expect(file.readRaw('w', { begin: 0, end: 4 })).rejects.toThrow("rows.end of 'w' is 4");
      await expect(file.readRaw('w', { begin: 2, end: 1 })).rejects.toThrow("rows.end of 'w' is 1");
      await expect(file.readRaw('one', { begin: 0, end: 1 })).rejects.toThrow("'one' is a single value and has no rows");
    }));
});

test('only what is asked for is requested', async () => {
  requests.length = 0;
  const file = await openSafetensors(`${base}/one.safetensors`);
  const header = requests.length;
  await file.readRaw('w', { begin: 1, end: 2 });
  expect(requests.length).toBe(header + 1);
  const [, begin, end] = /bytes=(\d+)-(\d+)/.exec(requests.at(-1)!)!;
  expect(Number(end) - Number(begin) + 1).toBe(8);
});

test('all of several files at once', async () => {
  const { tensors, raw } = await loadSafetensors(join(folder, 'm.safetensors.index.json'));
  expect(Object.keys(tensors).sort()).toEqual(['ids', 'w']);
  expect(Object.keys(raw).sort()).toEqual(['half', 'one']);
  tf.dispose(Object.values(tensors));
});

test("servers that don't answer for ranges, have no such file, or change it meanwhile, are told", async () => {
  await expect(openSafetensors(`${base}/one.safetensors?whole`)).rejects.toThrow("doesn't answer requests for ranges");
  await expect(openSafetensors(`${base}/none.safetensors`)).rejects.toThrow('answered 404');
  await expect(openSafetensors(`${base}/one.safetensors?changing`)).rejects.toThrow(expect.objectContaining({ code: 'ChangedWhileRead' }));
});

test('a file cut short while it is open is told', async () => {
  const path = join(folder, 'cut.safetensors');
  await writeFile(path, await readFile(join(folder, 'one.safetensors')));
  const file = await openSafetensors(path);
  await truncate(path, 200);
  await expect(file.readRaw('half')).rejects.toThrow(
    expect.objectContaining({ code: 'ChangedWhileRead', message: expect.stringContaining(path) }),
  );
  await file.close();
});

describe('an index is refused', () => {
  const map = (weights: unknown): unknown => ({ weight_map: weights });
  test.each<[string, unknown, string]>([
    ['without a map', {}, 'weight_map is undefined'],
    ['that leads out of its folder', map({ w: '../one.safetensors' }), 'the file of \'w\' is "../one.safetensors"'],
    ['that leads to another server', map({ w: 'http:one.safetensors' }), "the file of 'w'"],
    ['that names a folder', map({ w: '..' }), "the file of 'w'"],
    ['that names no text', map({ w: 3 }), "the file of 'w' is 3"],
    [
      'whose tensor is not in its file',
      map({ w: 'one.safetensors', half: 'one.safetensors', one: 'one.safetensors', x: 'one.safetensors' }),
      "'x' is not in one.safetensors",
    ],
    ['that leaves out a tensor', map({ w: 'one.safetensors', one: 'one.safetensors' }), "'half' of one.safetensors is not in the index"],
    ['whose file is missing', map({ w: 'none.safetensors' }), 'none.safetensors'],
    ['with a tensor twice', '{"weight_map":{"w":"a","w":"b"}}', 'stands twice'],
  ])('%s', async (_, content, message) => {
    const path = join(folder, 'bad.safetensors.index.json');
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
    await expect(openSafetensors(path)).rejects.toThrow(message);
  });
});

test('what is no location is refused', async () => {
  await expect(openSafetensors(3 as never)).rejects.toThrow('path is 3, but must be');
  await expect(openSafetensors('')).rejects.toThrow('path is ""');
});
