import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadSafetensors, openSafetensors } from '../../src/index.ts';
import { useBackend } from '../backends.ts';

/** 5.4 GB, which neither the heap of 4 GiB nor any ArrayBuffer of it could hold; on the disk a hole with two rows in it. */
const shape = [327_680, 4096] as const;
const rowBytes = shape[1] * 4;
let folder: string;
let path: string;

beforeAll(async () => {
  await useBackend('x wide');
  folder = await mkdtemp(join(tmpdir(), 'large-'));
  path = join(folder, 'large.safetensors');
  const size = shape[0] * rowBytes;
  const json = JSON.stringify({ table: { dtype: 'F32', shape, data_offsets: [0, size] } });
  const header = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const file = await open(path, 'w');
  await file.write(Buffer.concat([length, header]), 0, undefined, 0);
  for (const row of [0, shape[0] - 1])
    await file.write(new Float32Array(shape[1]).fill(row), 0, rowBytes, length.length + header.length + row * rowBytes);
  await file.close();
});
afterAll(() => rm(folder, { recursive: true }));

test('rows of a file larger than the heap are read, in memory of those rows', async () => {
  const before = process.memoryUsage();
  const file = await openSafetensors(path);
  expect(file.tensors.get('table')).toEqual({ dtype: 'F32', shape, bytes: shape[0] * rowBytes });
  for (const row of [0, 1, shape[0] - 1]) {
    const values = await file.readTensor('table', { begin: row, end: row + 1 });
    expect(values.shape).toEqual([1, shape[1]]);
    expect(values).toBeAllclose(new Float32Array(shape[1]).fill(row === 1 ? 0 : row), { rtol: 0, atol: 0 });
    values.dispose();
  }
  await file.close();
  const after = process.memoryUsage();
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(2 ** 20);
  expect(after.rss - before.rss).toBeLessThan(2 ** 26);
});

test('as a whole it is refused before memory is taken, by an error that says how to read it', async () => {
  const { rss } = process.memoryUsage();
  const refusal = expect.objectContaining({
    code: 'TensorTooLarge',
    message: expect.stringMatching(/large\.safetensors: .*5,368,709,120 bytes.* read rows of it/),
  });
  await expect(loadSafetensors(path)).rejects.toThrow(refusal);
  const file = await openSafetensors(path);
  await expect(file.readTensor('table')).rejects.toThrow(refusal);
  await file.close();
  expect(process.memoryUsage().rss - rss).toBeLessThan(2 ** 26);
});

test('what is read in several pieces comes as one', async () => {
  const file = await openSafetensors(path);
  const { bytes } = await file.readRaw('table', { begin: shape[0] - 5000, end: shape[0] });
  const values = new Float32Array(bytes.buffer);
  expect([values.length, values[0], values.at(-1)]).toEqual([5000 * shape[1], 0, shape[0] - 1]);
  await file.close();
});
