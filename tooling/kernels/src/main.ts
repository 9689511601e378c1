/**
 * Builds the kernels of the package in the current directory: every family of `wasm/table.ts` in every tier, and
 * for @x/tensor tfjs's own WASM kernels, into `src/generated/`.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compileFamily } from './compile.ts';
import { tfjsWasmModule } from './tfjs-wasm.ts';
import { kernelModule } from './module.ts';
import type { KernelTable } from './table.ts';

const root = process.cwd();
const output = resolve(root, 'src/generated');
const table = (await import(pathToFileURL(resolve(root, 'wasm/table.ts')).href)) as KernelTable;

await rm(output, { recursive: true, force: true });
await mkdir(resolve(output, 'wasm'), { recursive: true });
for (const family of table.families) {
  for (const tier of table.tiers) {
    const { wasm, kernels } = await compileFamily(resolve(root, 'wasm'), family, tier);
    await writeFile(resolve(output, `wasm/${family.name}-${tier}.wasm`), wasm);
    await writeFile(resolve(output, `${family.name}-${tier}.ts`), kernelModule(wasm, kernels));
    console.log(`${family.name}-${tier}: ${kernels.length} kernels, ${(wasm.length / 1024).toFixed(1)} KiB`);
  }
}
if (table.withTfjs) {
  await writeFile(resolve(output, 'tfjs-wasm.js'), await tfjsWasmModule(root));
  await writeFile(
    resolve(output, 'tfjs-wasm.d.ts'),
    `import type { KernelConfig } from '@tensorflow/tfjs-core';\nexport declare const kernelConfigs: KernelConfig[];\nexport declare const base64: string;\n`,
  );
}
