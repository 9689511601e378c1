/**
 * Builds the kernels of the package in the current directory: every family of `wasm/table.ts` in every tier, and
 * for @x/tensor tfjs's own WASM kernels, into `src/generated/`. A kernel that doesn't compile leaves the old ones in place.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { compileCached } from './cache.ts';
import { deflateCached } from './deflate.ts';
import { kernelModule } from './module.ts';
import type { KernelTable } from './table.ts';
import { tfjsWasmModule } from './tfjs-wasm.ts';

const root = process.cwd();
const table = (await import(pathToFileURL(resolve(root, 'wasm/table.ts')).href)) as KernelTable;

/** Beside the packages of this program, so that a fresh install begins afresh. */
const cache = fileURLToPath(new URL('../node_modules/.cache/kernels', import.meta.url));

const files = new Map<string, string | Uint8Array>();
for (const family of table.families) {
  const compiled = new Map<string, string>();
  for (const tier of table.tiers) {
    const { wasm, kernels } = await compileCached(resolve(root, 'wasm'), family, tier, cache);
    files.set(`wasm/${family.name}-${tier}.wasm`, wasm);
    // Tiers that differ only in how the engine compiles them share their bytes.
    const text = kernelModule(await deflateCached(wasm, cache), kernels);
    const same = compiled.get(text);
    compiled.set(text, same ?? tier);
    files.set(`${family.name}-${tier}.ts`, same ? `export { base64, kernels } from './${family.name}-${same}.ts';\n` : text);
    console.log(`${family.name}-${tier}: ${kernels.length} kernels, ${(wasm.length / 1024).toFixed(1)} KiB`);
  }
}
if (table.withTfjs) {
  files.set('tfjs-wasm.js', await tfjsWasmModule(root, cache));
  files.set(
    'tfjs-wasm.d.ts',
    `import type { KernelConfig } from '@tensorflow/tfjs-core';\nexport declare const kernelConfigs: KernelConfig[];\nexport declare const base64: string;\n`,
  );
}

const output = resolve(root, 'src/generated');
await rm(output, { recursive: true, force: true });
for (const [path, contents] of files) {
  await mkdir(dirname(resolve(output, path)), { recursive: true });
  await writeFile(resolve(output, path), contents);
}
