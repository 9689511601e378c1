import { mkdtemp, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as here from '@x/tensor';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

let directory: string;
let there: typeof here;

beforeAll(async () => {
  // Inside the package, so that the copy finds the same tfjs-core.
  directory = await mkdtemp(fileURLToPath(new URL('../../node_modules/.copy-', import.meta.url)));
  const outfile = join(directory, 'index.mjs');
  const entry = fileURLToPath(new URL('../../src/index.ts', import.meta.url));
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    external: ['@tensorflow/tfjs-core'],
    logLevel: 'error',
  });
  there = (await import(outfile)) as typeof here;
});
afterEach(() => here.disable());
afterAll(() => rm(directory, { recursive: true }));

it('are two', () => {
  expect(there.enable).not.toBe(here.enable);
});

it('share one backend and one runtime', async () => {
  const ours = await here.enable({ threads: 2 });
  expect(await there.enable()).toBe(ours);
  expect(tf.matMul(tf.ones([64, 64]), tf.ones([64, 64])).dataSync()[0]).toBe(64);
});

it('end it for each other', async () => {
  const ours = await here.enable({ threads: 2 });
  await there.disable();
  expect(tf.findBackendFactory('x')).toBeNull();
  const theirs = await there.enable({ threads: 2 });
  expect(theirs).not.toBe(ours);
  expect(await here.enable()).toBe(theirs);
  const product = tf.matMul(tf.ones([64, 64]), tf.ones([64, 64]));
  expect(product.dataSync()[0]).toBe(64);
  await here.disable();
  expect(tf.findBackendFactory('x')).toBeNull();
});
