import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { complaint, formatSizes, measureSizes } from '../src/measure.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'size-'));
});
afterEach(() => rm(root, { recursive: true }));

async function write(path: string, content: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
}

const code = 'export const a = 1;\n'.repeat(50);
const weight = gzipSync(code, { level: 9 }).length;
const manifest = (ceiling?: unknown): string =>
  JSON.stringify({ name: '@lab/a', ...(ceiling !== undefined && { x: { maxGzipBytes: ceiling } }) });

test('counts the JavaScript of dist, without maps, declarations and tfjs', async () => {
  await write('packages/a/package.json', manifest(1000));
  for (const file of ['index.js', 'deep/chunk.js', 'index.js.map', 'index.d.ts', 'tfjs-wasm.js', 'tfjs-wasm-threaded.js'])
    await write(`packages/a/dist/${file}`, code);
  const [size] = measureSizes(root);
  expect(size).toMatchObject({ name: '@lab/a', raw: 2 * code.length, gzip: 2 * weight, ceiling: 1000 });
  expect(complaint(size!)).toBeUndefined();
  expect(formatSizes([size!])).toMatch(/^package +raw +gzip +ceiling +used\n@lab\/a +2\.0 kB +0\.1 kB +1\.0 kB +\d+ %$/);
});

test('counts one of the variants, and the parts that are loaded on demand by themselves', async () => {
  const x = {
    maxGzipBytes: 2 * weight,
    variants: ['dense-{simd,wide}.js', 'sparse-{simd,wide}.js'],
    parts: { sparse: { files: ['sparse.js', 'sparse-*.js'], maxGzipBytes: 2 * weight - 1 } },
  };
  await write('packages/a/package.json', JSON.stringify({ name: '@lab/a', x }));
  for (const file of ['index.js', 'dense-wide.js', 'sparse.js', 'sparse-wide.js', 'sparse-simd.js'])
    await write(`packages/a/dist/${file}`, code);
  await write('packages/a/dist/dense-simd.js', 'export {};\n');
  const [own, sparse, ...more] = measureSizes(root);
  expect(more).toEqual([]);
  expect(own).toMatchObject({ name: '@lab/a', gzip: 2 * weight, raw: 2 * code.length });
  expect(complaint(own!)).toBeUndefined();
  expect(sparse).toMatchObject({ name: '@lab/a sparse', gzip: 2 * weight });
  expect(complaint(sparse!)).toMatch(/^@lab\/a sparse is \d+ bytes gzipped, 1 over its ceiling/);
  const parts = { quant: { files: ['quant.js'], maxGzipBytes: 5 } };
  await write('packages/a/package.json', JSON.stringify({ name: '@lab/a', x: { maxGzipBytes: 9999, parts } }));
  expect(() => measureSizes(root)).toThrow('@lab/a has no dist/quant.js, which its package.json names under "x".');
});

test('complains one byte over the ceiling, and not at it', async () => {
  await write('packages/a/dist/index.js', code);
  await write('packages/a/package.json', manifest(weight));
  expect(complaint(measureSizes(root)[0]!)).toBeUndefined();
  await write('packages/a/package.json', manifest(weight - 1));
  expect(complaint(measureSizes(root)[0]!)).toBe(
    `@lab/a is ${weight} bytes gzipped, 1 over its ceiling of ${weight - 1}. The largest files: dist/index.js ${weight}.`,
  );
});

test('refuses a package without a ceiling, with a senseless one, and one that is not built', async () => {
  await write('packages/a/package.json', manifest());
  expect(() => measureSizes(root)).toThrow('@lab/a has no dist/*.js: build it first (pnpm --filter @lab/a build).');
  await write('packages/a/dist/index.js', code);
  expect(complaint(measureSizes(root)[0]!)).toBe('@lab/a has no ceiling: add "x": { "maxGzipBytes": 2000 } to its package.json.');
  await write('packages/a/package.json', manifest('big'));
  expect(() => measureSizes(root)).toThrow('"x.maxGzipBytes" of @lab/a must be a positive number of bytes, not "big".');
});
