import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { hardware, layerGraph, simulate } from '@x/hwsim';
import { chromiumPath, inChromium, isolation, launchChromium, serve } from '@x-tooling/testing/browser';
import { build } from 'vite';
import { describe, expect, test } from 'vitest';

interface Packages {
  sparse(): Promise<{ threads: number; losses: number[] }>;
  hwsim(): number;
}

/** The published builds, as Vite bundles them without configuration. */
describe.runIf(chromiumPath)(inChromium('the domain packages'), () => {
  test('run in a page', async () => {
    const outDir = await mkdtemp(join(tmpdir(), 'x-packages-'));
    await build({ root: resolve(import.meta.dirname, 'packages-page'), configFile: false, logLevel: 'error', build: { outDir } });
    const served = await serve(outDir, isolation);
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      await page.goto(served.url);
      await page.waitForFunction(() => 'packages' in globalThis);
      const { threads, losses } = await page.evaluate(() => (globalThis as unknown as { packages: Packages }).packages.sparse());
      expect(threads).toBe(2);
      expect(losses.at(-1)).toBeLessThan(0.8 * losses[0]!);
      const model = layerGraph('mlp', [{ name: 'fc', operation: { type: 'gemm', m: 4096, n: 1024, k: 784 } }]);
      expect(await page.evaluate(() => (globalThis as unknown as { packages: Packages }).packages.hwsim())).toBe(
        simulate({ model, hardware: hardware('tpu-v2'), precision: 'bf16' }).time,
      );
    } finally {
      await browser.close();
      await served.close();
      await rm(outDir, { recursive: true, force: true });
    }
  });
});
