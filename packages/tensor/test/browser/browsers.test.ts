import { cpSync, existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { browsers, inBrowser, isolation, serve, type Browser, type Page } from '@x-tooling/testing/browser';
import { createServer } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packedProject, root, type PackedProject } from '../package/packed-project.ts';
import { bundles } from './bundles.ts';

interface Trained {
  readonly backend: string;
  readonly tier: string;
  readonly threads: number;
  readonly limits: readonly string[];
  readonly losses: readonly number[];
  readonly leaked: number;
}
interface Options {
  readonly threads?: number;
  readonly tier?: string;
  readonly worker?: string;
}
interface Program {
  train(options: Options): Promise<Trained>;
  trainInWorker(options: Options): Promise<Trained>;
  disable(): Promise<void>;
}
type Place = 'train' | 'trainInWorker';

const NOT_ISOLATED = /^1 thread: the page is not cross-origin isolated \(serve it with Cross-Origin-Opener-Policy: same-origin and/;
const NO_WIDE = 'tier relaxed: the wide tier needs Node 24 or later';

describe.runIf(existsSync(join(root, 'dist')))('a page with the packed tarball', () => {
  let project: PackedProject;
  /** Losses of the same program in Node, by threads. */
  const inNode = new Map<number, readonly number[]>();
  /** What there is to serve, by how it was made: once for all browsers. */
  const made = new Map<string, Promise<string>>();

  function bundled(name: string): Promise<string> {
    const directory = made.get(name) ?? bundles[name]!(project.directory);
    made.set(name, directory);
    return directory;
  }

  beforeAll(() => {
    project = packedProject();
    cpSync(resolve(import.meta.dirname, 'project'), project.directory, { recursive: true });
    writeFileSync(
      join(project.directory, 'node.js'),
      `import { train, disable } from './train.js';
      const losses = [];
      for (const threads of [1, 2]) {
        losses.push((await train({ tier: 'relaxed', threads })).losses);
        await disable();
      }
      console.log(JSON.stringify(losses));`,
    );
    (JSON.parse(project.run(process.execPath, 'node.js')) as number[][]).forEach((losses, index) => inNode.set(index + 1, losses));
  }, 240_000);
  afterAll(() => project?.remove());

  for (const installed of browsers)
    describe.runIf(installed.path)(inBrowser(installed), () => {
      let browser: Browser;
      // How a bundler cuts the code up concerns the engine less: one of each kind suffices beside the first browser.
      const ways = installed === browsers[0] ? Object.keys(bundles) : ['Vite', 'webpack', 'no bundler'];
      beforeAll(async () => {
        browser = await installed.launch();
      }, 60_000);
      afterAll(() => browser?.close());

      async function open(url: string): Promise<Page> {
        const page = await browser.newPage();
        page.on('pageerror', (error) => {
          // Firefox tells here, too, what a policy forbade and which script of a worker it didn't find.
          if (!/Content-Security-Policy: |Loading Worker from /.test(String(error))) console.error(error);
        });
        await page.goto(url);
        await page.waitForFunction(() => 'program' in globalThis);
        return page;
      }

      function run(page: Page, place: Place, options: Options): Promise<Trained> {
        return page.evaluate(([place, options]) => (globalThis as unknown as { program: Program }).program[place](options), [
          place,
          options,
        ] as const);
      }

      function expectTrained({ backend, leaked, losses }: Trained, threads: number): void {
        expect({ backend, leaked }).toEqual({ backend: 'x', leaked: 0 });
        expect(losses).toHaveLength(200);
        expect(losses.at(-1)).toBeLessThan(losses[0]! / 10);
        // The same kernels on the same machine, in the same order: the engines may differ in Math.exp and the like alone.
        expect(losses).toBeAllclose(inNode.get(threads)!, { rtol: 1e-4 });
      }

      describe.each(ways)('made by %s', (name) => {
        let directory: string;
        beforeAll(async () => {
          directory = await bundled(name);
        }, 240_000);
        const places: Place[] = name === 'no bundler' ? ['train'] : ['train', 'trainInWorker'];

        test.each(places)('isolated: two threads train as in Node (%s)', async (place) => {
          const served = await serve(directory, isolation);
          const page = await open(served.url);
          const trained = await run(page, place, { threads: 2 });
          expect(trained).toMatchObject({ tier: 'relaxed', threads: 2 });
          expect(trained.limits.filter((limit) => !limit.endsWith('as asked'))).toEqual([NO_WIDE]);
          expectTrained(trained, 2);
          await page.close();
          await served.close();
        });

        test.each(places)('not isolated: one thread trains, and the reason is told (%s)', async (place) => {
          const served = await serve(directory);
          const page = await open(served.url);
          const trained = await run(page, place, { threads: 2 });
          expect(trained).toMatchObject({ tier: 'relaxed', threads: 1, limits: [NO_WIDE, expect.stringMatching(NOT_ISOLATED)] });
          expectTrained(trained, 1);
          await page.close();
          await served.close();
        });
      });

      test.each<Place>(['train', 'trainInWorker'])("from Vite's development server, two threads train as in Node (%s)", async (place) => {
        const { directory: root } = project;
        const server = await createServer({ root, configFile: false, logLevel: 'error', server: { port: 0, headers: isolation } });
        await server.listen();
        const page = await open(server.resolvedUrls!.local[0]!);
        expectTrained(await run(page, place, { threads: 2 }), 2);
        await page.close();
        await server.close();
      });

      describe('on a page with policies and a life of its own', () => {
        let directory: string;
        beforeAll(async () => {
          directory = await bundled('esbuild');
        });

        test.each([
          ["worker-src 'self'", /^1 thread: a worker could not be started: .*(Content.Security.Policy|worker-src)/i],
          ["require-trusted-types-for 'script'", /^1 thread: a worker could not be started: .*(Trusted|Sink type mismatch)/i],
        ])('a policy of %s costs the threads, and nothing else', async (policy, reason) => {
          const served = await serve(directory, { ...isolation, 'Content-Security-Policy': policy });
          const page = await open(served.url);
          const trained = await run(page, 'train', { threads: 2 });
          expect(trained).toMatchObject({ threads: 1, limits: [NO_WIDE, expect.stringMatching(reason)] });
          expectTrained(trained, 1);
          await page.close();
          await served.close();
        });

        test('a browser without SharedArrayBuffer gives one thread, and says that it is not for the headers', async () => {
          const served = await serve(directory, isolation);
          const page = await open(served.url);
          await page.evaluate(() => {
            delete (globalThis as { SharedArrayBuffer?: unknown }).SharedArrayBuffer;
          });
          const trained = await run(page, 'train', { threads: 2 });
          expect(trained).toMatchObject({ threads: 1, limits: [NO_WIDE, '1 thread: this browser has no SharedArrayBuffer'] });
          expectTrained(trained, 1);
          await page.close();
          await served.close();
        });

        test("a policy of worker-src 'self' allows the workers' script from the page's own server", async () => {
          cpSync(join(project.directory, 'node_modules/@x/tensor/dist/worker.js'), join(directory, 'x-worker.js'));
          const served = await serve(directory, { ...isolation, 'Content-Security-Policy': "worker-src 'self'" });
          const page = await open(served.url);
          const trained = await run(page, 'train', { threads: 2, worker: 'x-worker.js' });
          expect(trained).toMatchObject({ threads: 2, limits: [NO_WIDE] });
          expectTrained(trained, 2);
          await page.evaluate(() => (globalThis as unknown as { program: Program }).program.disable());
          expect(await run(page, 'train', { threads: 2, worker: 'missing.js' })).toMatchObject({
            threads: 1,
            limits: [NO_WIDE, expect.stringMatching(/its script missing.js was not found/)],
          });
          await page.close();
          await served.close();
        });

        test('a policy that forbids WebAssembly is named, with the remedy', async () => {
          const served = await serve(directory, { 'Content-Security-Policy': "script-src 'self'" });
          const page = await open(served.url);
          await expect(run(page, 'train', { threads: 1 })).rejects.toThrow(
            /Content-Security-Policy forbids WebAssembly.*'wasm-unsafe-eval'/,
          );
          await page.close();
          await served.close();
        });

        test('disable() ends the workers, and so does another page in its place', async () => {
          const served = await serve(directory, isolation);
          const page = await open(served.url);
          await run(page, 'train', { threads: 3 });
          expect(page.workers()).toHaveLength(2);
          await page.evaluate(() => (globalThis as unknown as { program: Program }).program.disable());
          await expect.poll(() => page.workers().length, { timeout: 10_000 }).toBe(0);
          await run(page, 'train', { threads: 3 });
          await page.reload();
          await page.waitForFunction(() => 'program' in globalThis);
          expect(page.workers()).toEqual([]);
          expectTrained(await run(page, 'train', { threads: 2 }), 2);
          await page.close();
          await served.close();
        });

        test('idle workers use no processor time', async () => {
          const served = await serve(directory, isolation);
          const page = await open(served.url);
          await run(page, 'train', { threads: 2 });
          // One spinning worker alone would take a whole second each time. Garbage of the training is collected for a while yet.
          await expect.poll(() => secondsSpent(browser, 1000), { timeout: 20_000 }).toBeLessThan(0.3);
          await page.close();
          await served.close();
        });
      });
    });
});

/** Processor time that all of a browser's processes take in a while. */
async function secondsSpent(browser: Browser, milliseconds: number): Promise<number> {
  const before = await browser.processorSeconds();
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return (await browser.processorSeconds()) - before;
}
