import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { browsers, inBrowser, type Browser, type Page } from '@x-tooling/testing/browser';
import { createServer, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
/** For what comes at once, and after seconds, on a machine that has nothing else to do. */
const soon = { timeout: 30_000 };
const patiently = { timeout: 120_000 };

/** What the page is for, in every browser. */
describe('the page', () => {
  let directory: string;
  let server: ViteDevServer;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'x-browser-'));
    server = await createServer({ root, cacheDir: join(directory, 'cache'), logLevel: 'error', server: { port: 0 } });
    await server.listen();
  });
  afterAll(async () => {
    await server?.close();
    await rm(directory, { recursive: true, force: true });
  });

  for (const installed of browsers)
    describe.runIf(installed.path)(inBrowser(installed), () => {
      let browser: Browser;
      let page: Page;
      const errors: string[] = [];
      const text = (selector: string): Promise<string> =>
        page.evaluate((selector) => (document.querySelector(selector) as HTMLElement | null)?.innerText ?? '', selector);
      const accuracy = async (): Promise<number> => Number.parseFloat(await text('#accuracy'));
      const done = (): Promise<number> => page.evaluate(() => (document.getElementById('done') as HTMLProgressElement).value);
      const state = (): Promise<string> => page.evaluate(() => document.body.dataset['state'] ?? '');
      const choose = (name: string, value: string): Promise<void> =>
        page.evaluate(
          ([name, value]) => {
            (document.getElementById(name) as HTMLInputElement | HTMLSelectElement).value = value;
          },
          [name, value] as const,
        );

      beforeAll(async () => {
        browser = await installed.launch();
        page = await browser.newPage();
        page.on('pageerror', (error) => errors.push(String(error)));
        await page.goto(server.resolvedUrls!.local[0]!);
      });
      afterAll(() => browser?.close());

      test('trains, and the accuracy on images it has never seen rises', async () => {
        await expect.poll(state, patiently).toBe('ready');
        expect(await text('#machine')).toMatch(/^Backend x: tier relaxed, \d+ threads?\./);
        await choose('model', 'mlp');
        await choose('epochs', '20');
        await choose('batch', '128');
        await page.click('#train');
        await expect.poll(accuracy, patiently).toBeGreaterThan(50);
        await expect.poll(accuracy, patiently).toBeGreaterThan(80);
        expect(Number.parseFloat(await text('#loss'))).toBeLessThan(1);
        expect(Number((await text('#speed')).replaceAll(',', ''))).toBeGreaterThan(100);
      });

      test('draws the curves', async () => {
        const curves = (): Promise<{ label: string | null; colours: number }[]> =>
          page.evaluate(() =>
            Array.from(document.querySelectorAll('.chart'), (chart) => {
              const canvas = chart.querySelector('canvas')!;
              const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
              const seen = new Set<number>();
              for (let i = 0; i < data.length; i += 4)
                if (data[i + 3] === 255) seen.add((data[i]! << 16) | (data[i + 1]! << 8) | data[i + 2]!);
              return {
                label: chart.getAttribute('aria-label'),
                colours: Array.from(seen, (c) => spread(c)).filter((most) => most > 100).length,
              };

              /** Of the parts of a colour; little in the greys of the grid. */
              function spread(colour: number): number {
                const parts = [colour >> 16, (colour >> 8) & 255, colour & 255];
                return Math.max(...parts) - Math.min(...parts);
              }
            }),
          );
        const [loss, accuracy] = await curves();
        expect(loss!.label).toMatch(/^Loss by epoch; training \d/);
        expect(accuracy!.label).toMatch(/by epoch; test \d\d\.\d/);
        // One test makes a point; lines come with the second.
        const colours = async (): Promise<boolean> => {
          const [ofLoss, ofAccuracy] = await curves();
          return ofLoss!.colours > 1 && ofAccuracy!.colours > 0;
        };
        await expect.poll(colours, patiently).toBe(true);
      });

      test('pauses and goes on where it was', async () => {
        await page.click('#pause');
        await expect.poll(state, soon).toBe('paused');
        await new Promise((resolve) => setTimeout(resolve, 200));
        const before = await done();
        await new Promise((resolve) => setTimeout(resolve, 700));
        expect(await done()).toBe(before);
        await page.click('#pause');
        await expect.poll(done, soon).toBeGreaterThan(before);
      });

      test('tells a drawn pair of trousers while it trains', async () => {
        const { left, top, width } = await page.evaluate(() => {
          const pad = document.getElementById('pad')!;
          pad.scrollIntoView();
          const { left, top, width } = pad.getBoundingClientRect();
          return { left, top, width };
        });
        const at = (across: number, down: number): [number, number] => [left + across * width, top + down * width];
        for (const leg of [0.38, 0.42, 0.58, 0.62]) {
          await page.mouse.move(...at(0.5, 0.1));
          await page.mouse.down();
          await page.mouse.move(...at(leg, 0.12), { steps: 4 });
          await page.mouse.move(...at(leg, 0.92), { steps: 8 });
          await page.mouse.up();
        }
        await expect.poll(() => text('#probabilities .best span'), soon).toBe('Trouser');
        const parts = await page.evaluate(() =>
          Array.from(document.querySelectorAll('#probabilities .value'), (value) => Number.parseFloat(value.textContent!)),
        );
        expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(100, -0.5);
      });

      test('shows a test image and its class, and clears the pad', async () => {
        await page.click('#sample');
        await expect.poll(() => text('#truth'), soon).toMatch(/^A test image: \w/);
        await page.click('#clear');
        await expect.poll(() => text('#probabilities .best'), soon).toBe('');
      });

      test('nothing failed unseen', () => {
        expect(errors).toEqual([]);
      });
    });
});
