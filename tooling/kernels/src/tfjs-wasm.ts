import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { deflateCached } from './deflate.ts';

/**
 * Bundles tfjs's WASM kernels into one module: their configurations, and the bytes of its threaded SIMD build, whose memory is imported.
 *
 * A private copy, because tfjs's kernels keep the functions of one module instance in module variables: sharing the
 * application's copy would make our backend and tfjs's own `wasm` backend call into each other's memory.
 * The copy registers nothing by itself; it exports what it would have registered.
 */
export async function tfjsWasmModule(packageDirectory: string, cache: string): Promise<string> {
  const require = createRequire(resolve(packageDirectory, 'package.json'));
  const manifest = require.resolve('@tensorflow/tfjs-backend-wasm/package.json');
  const directory = dirname(manifest);
  const { version, license } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string; license: string };
  const binary = await readFile(resolve(directory, 'dist/tfjs-backend-wasm-threaded-simd.wasm'));
  const bundled = await build({
    stdin: {
      contents: `import './dist/register_all_kernels.js'; export { collected as kernelConfigs } from 'collect';`,
      resolveDir: directory,
    },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    external: ['@tensorflow/tfjs-core'],
    legalComments: 'none',
    plugins: [collectKernels],
  });
  const code = bundled.outputFiles[0]?.text;
  if (!code) throw new Error('esbuild returned no output for the tfjs kernels');
  return [
    `// @tensorflow/tfjs-backend-wasm ${version}, copyright Google LLC, ${license}; bundled by the kernel build, see NOTICE.`,
    code,
    `export const base64 = '${Buffer.from(await deflateCached(binary, cache)).toString('base64')}';`,
    '',
  ].join('\n');
}

/** Turns tfjs's registration of its kernels into a list. */
const collectKernels: Plugin = {
  name: 'collect-kernels',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^collect$/ }, () => ({ path: 'collect', namespace: 'collect' }));
    onLoad({ filter: /.*/, namespace: 'collect' }, () => ({
      contents: 'export const collected = []; export const registerKernel = (config) => { collected.push(config); };',
    }));
    onLoad({ filter: /tfjs-backend-wasm\/dist\/register_all_kernels\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const contents = source.replace(
        /import \{ registerKernel \} from '@tensorflow\/tfjs-core';/,
        `import { registerKernel } from 'collect';`,
      );
      if (contents === source) throw new Error(`${path} no longer imports registerKernel the way this build expects`);
      return { contents };
    });
  },
};
