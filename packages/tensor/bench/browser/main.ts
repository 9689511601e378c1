/**
 * pnpm bench:browser: the `relaxed` tier in an isolated Chromium beside the same in Node, and what a page fetches and waits for.
 * Writes bench/results/browser.json.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { compare, recordRun, writeResults, type Comparison } from '@x-tooling/bench';
import { isolation, launchChromium, serve } from '@x-tooling/testing/browser';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { BATCH, candidates, PRODUCTS, SIZE, SIZES, STEPS } from './candidates.ts';
import type { PageBench } from './page.ts';

interface Scope {
  bench: PageBench;
}

const run = recordRun({ command: 'pnpm bench:browser' });
const directory = await mkdtemp(join(tmpdir(), 'x-bench-browser-'));
await bundle('page', resolve(import.meta.dirname, 'page.ts'));
await writeFile(join(directory, 'index.html'), '<!doctype html><script type="module" src="page.js"></script>');
const empty = join(directory, 'tfjs.html');
await bundle('tfjs', undefined, `import * as tf from '@tensorflow/tfjs-core'; globalThis.done = tf.version_core;`);
await writeFile(empty, '<!doctype html><script type="module" src="tfjs.js"></script>');
await bundle(
  'start',
  undefined,
  `import * as tf from '@tensorflow/tfjs-core'; import { enable } from '@x/tensor'; await enable(); globalThis.done = tf.version_core;`,
);
await writeFile(join(directory, 'start.html'), '<!doctype html><script type="module" src="start.js"></script>');
const served = await serve(directory, isolation);
const browser = await launchChromium();
console.log(`Chromium ${browser.version()}, Node ${process.versions.node}\n`);
try {
  const comparisons = [...(await speed(await browser.newPage())), await start(await browser.newPage())];
  await writeResults(resolve(import.meta.dirname, '../results/browser.json'), { run, comparisons });
} finally {
  await browser.close();
  await served.close();
  await rm(directory, { recursive: true });
}
process.exit();

async function speed(page: Page): Promise<Comparison[]> {
  await page.goto(served.url);
  await page.waitForFunction(() => 'bench' in globalThis);
  const node = await candidates();
  const ran = [
    await page.evaluate(() => (globalThis as unknown as Scope).bench.start()),
    await page.evaluate(() => (globalThis as unknown as Scope).bench.inWorker('start')),
  ];
  console.log(ran.map((facts) => JSON.stringify(facts)).join('\n'), '\n');
  const inPage = (name: 'products' | 'steps') => (): Promise<unknown> =>
    page.evaluate((which) => (globalThis as unknown as Scope).bench.run(which), name);
  const inWorker = (name: 'products' | 'steps') => (): Promise<unknown> =>
    page.evaluate((which) => (globalThis as unknown as Scope).bench.inWorker(which), name);
  const { threads } = node.runtime;
  const of = `${threads} threads, tier relaxed`;
  const [inputs, hidden, , classes] = SIZES;
  return [
    await compare({
      name: `${PRODUCTS} f32 matmuls 512³, ${of}`,
      candidates: { Node: node.products, 'Chromium, page': inPage('products'), 'Chromium, web worker': inWorker('products') },
      flops: PRODUCTS * 2 * SIZE ** 3,
      seconds: 1.5,
    }),
    await compare({
      name: `${STEPS} training steps, MLP 784-1024-1024-10, batch 128, ${of}`,
      candidates: { Node: node.steps, 'Chromium, page': inPage('steps'), 'Chromium, web worker': inWorker('steps') },
      flops: STEPS * 2 * BATCH * (3 * (inputs * hidden + hidden * hidden + hidden * classes) - inputs * hidden),
      seconds: 2,
    }),
  ];
}

/** What a page fetches, and how long it takes from its address to the enabled backend. */
async function start(page: Page): Promise<Comparison> {
  const fetched = new Set<string>();
  const open = (name: string) => async (): Promise<void> => {
    await page.goto(`${served.url}${name}.html`);
    await page.waitForFunction(() => 'done' in globalThis);
  };
  for (const name of ['tfjs', 'start']) {
    fetched.clear();
    const note = (request: { url(): string }): void => void fetched.add(new URL(request.url()).pathname.slice(1));
    page.on('request', note);
    await open(name)();
    page.off('request', note);
    const files = (await readdir(directory)).filter((file) => fetched.has(file) && file.endsWith('.js'));
    const bytes = await Promise.all(files.map(async (file) => gzipSync(await readFile(join(directory, file)), { level: 9 }).length));
    const sum = bytes.reduce((total, size) => total + size, 0);
    console.log(`${name}: ${files.length} files, ${(sum / 1000).toFixed(0)} kB gzipped (minified by esbuild)`);
  }
  return compare({
    name: 'start of a page',
    candidates: { 'tfjs-core': open('tfjs'), 'tfjs-core, @x/tensor and enable()': open('start') },
    seconds: 1.5,
  });
}

async function bundle(name: string, file?: string, code = ''): Promise<void> {
  await build({
    ...(file ? { entryPoints: { [name]: file } } : { stdin: { contents: code, resolveDir: import.meta.dirname } }),
    ...(file ? {} : { entryNames: name }),
    outdir: directory,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    // The published build for the start, the sources for speed: the kernels are the same.
    conditions: file ? ['@x/source'] : [],
    logLevel: 'warning',
  });
}
