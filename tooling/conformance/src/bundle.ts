import { copyFile, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const packageDirectory = fileURLToPath(new URL('..', import.meta.url));

/**
 * Bundles tfjs-core's published tests, tfjs's backends and @x/tensor's sources into one CommonJS program, and returns its path.
 *
 * tfjs publishes its tests as modules that Node can't load from where they lie, and all parties must share one copy of tfjs-core.
 */
export async function bundleSuite(): Promise<string> {
  const outfile = resolve(packageDirectory, '.cache', `suite-${process.pid}.cjs`);
  await mkdir(dirname(outfile), { recursive: true });
  await build({
    entryPoints: [resolve(packageDirectory, 'src/suite.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    conditions: ['@x/source'],
    // The modules that tests and gradients live in; tfjs-core's `main` is a bundle without them.
    mainFields: ['module', 'main'],
    // tfjs-core declares its registering modules free of side effects.
    ignoreAnnotations: true,
    external: ['jasmine-core'],
    logLevel: 'error',
  });
  // tfjs's WASM backend looks for its module beside the program.
  const require = createRequire(import.meta.url);
  const wasm = 'tfjs-backend-wasm-simd.wasm';
  const backend = dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'));
  await copyFile(resolve(backend, 'dist', wasm), resolve(dirname(outfile), wasm));
  return outfile;
}
