import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromiumPath, inChromium, isolation, launchChromium, serve } from '@x-tooling/testing/browser';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { build, createServer, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
/** For what comes at once, and after seconds, on a machine that has nothing else to do. */
const soon = { timeout: 30_000 };
const patiently = { timeout: 120_000 };

interface Held {
  messages: { hold(): void; heldTest(): boolean; release(): void };
}

/** In a page: what comes by the channels of the runs' events can be held back, as it is while the page is busy. */
function holdMessages(): void {
  let holding = false;
  const held: { readonly data: unknown; deliver(): void }[] = [];
  const { addEventListener } = MessagePort.prototype;
  MessagePort.prototype.addEventListener = function (this: MessagePort, type: string, listener: unknown, options?: unknown): void {
    const handler = (event: MessageEvent): void => {
      const deliver = (): void => (listener as (event: MessageEvent) => void).call(this, event);
      if (holding) held.push({ data: event.data, deliver });
      else deliver();
    };
    addEventListener.call(this, type, (type === 'message' ? handler : listener) as EventListener, options as AddEventListenerOptions);
  };
  (globalThis as unknown as Held).messages = {
    hold: () => void (holding = true),
    heldTest: () => held.some(({ data }) => JSON.stringify(data).includes('"type":"test"')),
    release() {
      holding = false;
      for (const { deliver } of held.splice(0)) deliver();
    },
  };
}

describe.runIf(chromiumPath)(inChromium('the page'), () => {
  let directory: string;
  let server: ViteDevServer;
  let browser: Browser;
  let page: Page;
  const errors: string[] = [];

  async function open(url: string, first?: () => void): Promise<Page> {
    const opened = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    if (first) await opened.addInitScript(first);
    opened.on('pageerror', (error) => errors.push(String(error)));
    await opened.goto(url);
    await opened.waitForSelector('body[data-state=ready]', patiently);
    return opened;
  }

  const address = (): string => server.resolvedUrls!.local[0]!;
  const text = (id: string): Promise<string> => page.locator(`#${id}`).innerText();
  const accuracy = async (): Promise<number> => Number.parseFloat(await text('accuracy'));

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'x-browser-'));
    server = await createServer({ root, cacheDir: join(directory, 'cache'), logLevel: 'error', server: { port: 0 } });
    await server.listen();
    browser = await launchChromium();
    page = await open(address());
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await rm(directory, { recursive: true, force: true });
  });

  test('says what it runs on, and why not on more', async () => {
    expect(await text('machine')).toMatch(/^Backend x: tier relaxed, \d+ threads?\. Why not better: tier relaxed: the wide tier needs/);
    expect(await page.locator('#trouble').isVisible()).toBe(false);
  });

  test('trains the convolutional network, saves it, and another page loads it', async () => {
    await page.selectOption('#model', 'cnn');
    await page.click('#train');
    await expect.poll(accuracy, patiently).toBeGreaterThan(50);
    await page.click('#pause');
    await page.waitForSelector('body[data-state=paused]');
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#save')]);
    const file = await download.path();
    expect(download.suggestedFilename()).toBe('fashion-mnist.safetensors');
    const other = await open(address());
    await other.setInputFiles('#file', file);
    await expect.poll(() => other.locator('#weights-note').innerText(), patiently).toMatch(/^Loaded .*: test accuracy [5-9]\d\.\d %\.$/);
    expect(await other.inputValue('#model')).toBe('cnn');
    await other.setInputFiles('#file', { name: 'broken.safetensors', mimeType: '', buffer: Buffer.from('none') });
    await expect.poll(() => other.locator('#trouble').innerText(), soon).toMatch(/file|bytes|header/i);
    await other.close();
  });

  test('what an earlier run still has to say as another model begins is not shown as that one’s', async () => {
    const other = await open(address(), holdMessages);
    await other.selectOption('#model', 'mlp');
    await other.click('#train');
    await other.waitForFunction(() => document.getElementById('accuracy')!.textContent!.includes('%'), undefined, patiently);
    await other.evaluate(() => (globalThis as unknown as Held).messages.hold());
    await other.waitForFunction(() => (globalThis as unknown as Held).messages.heldTest(), undefined, patiently);
    await other.selectOption('#model', 'cnn');
    await other.click('#train');
    await other.waitForSelector('body[data-state=busy]', patiently);
    expect(await other.locator('#accuracy').innerText()).toBe('–');
    const shown = await other.evaluate(async () => {
      const accuracy = document.getElementById('accuracy')!;
      const shown: string[] = [];
      // What is shown until the new run has begun, whose own first test comes later.
      const watched = new MutationObserver(() => document.body.dataset['state'] === 'busy' && shown.push(accuracy.textContent!));
      watched.observe(accuracy, { childList: true });
      const began = new Promise<void>((resolve) =>
        new MutationObserver(() => document.body.dataset['state'] === 'training' && resolve()).observe(document.body, { attributes: true }),
      );
      (globalThis as unknown as Held).messages.release();
      await began;
      watched.disconnect();
      return shown;
    });
    expect(shown).toEqual([]);
    expect(await other.locator('#network').innerText()).toContain('3×3×32');
    await other.close();
  });

  test('measures backend x beside those of tfjs', async () => {
    await page.selectOption('#model', 'mlp');
    await page.click('#compare');
    await expect.poll(() => text('comparing'), patiently).toMatch(/^Medians/);
    const rows = await page.locator('#results tbody tr').allInnerTexts();
    expect(rows.map((row) => row.split(/\s/)[0])).toEqual(['x', 'webgl', 'wasm', 'cpu']);
    // Of this model tfjs's wasm can train every part, and it and cpu are slower wherever this runs.
    for (const row of rows.slice(2)) expect(row).toMatch(/[\d.,]+ ×$/);
    expect(await page.getAttribute('body', 'data-state')).toBe('paused');
  });

  test.each(['light', 'dark'] as const)('can be read and used by everybody (%s)', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    await page.addScriptTag({ path: createRequire(import.meta.url).resolve('axe-core') });
    const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run());
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
  });

  test('fits a telephone', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  });

  test('built, it runs from any server; without the data it says what is missing', async () => {
    const outDir = join(directory, 'dist');
    await build({ root, logLevel: 'error', build: { outDir } });
    expect(await readFile(join(outDir, 'index.html'), 'utf8')).toContain('<script type="module"');
    const served = await serve(outDir, isolation);
    const built = await open(served.url);
    expect(await built.locator('#machine').innerText()).toMatch(/^Backend x: tier relaxed/);
    expect(await built.locator('#trouble').innerText()).toContain('about.json');
    await built.close();
    await served.close();
  });

  test('nothing failed unseen', () => {
    expect(errors).toEqual([]);
  });
});
