import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build, type BuildOptions, type BuildResult } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const program = `
import * as tf from '@tensorflow/tfjs-core';
import { enable } from '@x/tensor';
const { backend } = await enable({ threads: 2 });
const w = tf.variable(tf.ones([3, 2]));
const { value, grads } = tf.variableGrads(() => tf.sum(tf.square(tf.matMul(tf.ones([4, 3]), w))));
console.log(JSON.stringify([backend, value.dataSync()[0], ...grads[w.name].dataSync()]));
`;
const expected = ['x', 72, 24, 24, 24, 24, 24, 24];

/** What a user gets: the tarball, installed into an empty project. */
describe.runIf(existsSync(join(root, 'dist')))('the packed tarball', () => {
  const directory = mkdtempSync(join(tmpdir(), 'x-tensor-packed-'));
  // Without what pnpm tells its scripts' npm, and not for ever: no request leaves the machine.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^p?npm_|^NODE_PATH$/i.test(name)));
  const run = (command: string, ...args: string[]): string =>
    execFileSync(command, args, { cwd: directory, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env, timeout: 60_000 });

  beforeAll(() => {
    run('npm', 'pack', '--silent', '--pack-destination', directory, root);
    const tarball = readdirSync(directory).find((name) => name.endsWith('.tgz'));
    writeFileSync(join(directory, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }));
    run('npm', 'install', '--silent', '--offline', '--legacy-peer-deps', '--no-audit', '--no-fund', `./${tarball}`);
    // The peer is the user's own: here the workspace's.
    mkdirSync(join(directory, 'node_modules/@tensorflow'), { recursive: true });
    symlinkSync(realpathSync(join(root, 'node_modules/@tensorflow/tfjs-core')), join(directory, 'node_modules/@tensorflow/tfjs-core'));
    writeFileSync(join(directory, 'main.js'), program);
  }, 120_000);
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test('brings nothing but itself and its peer', () => {
    expect(readdirSync(join(directory, 'node_modules/@x'))).toEqual(['tensor']);
    expect(existsSync(join(directory, 'node_modules/@tensorflow/tfjs-backend-wasm'))).toBe(false);
  });

  test('trains in Node', () => {
    expect(JSON.parse(run(process.execPath, 'main.js'))).toEqual(expected);
  });

  test('bundles for the browser without configuration or warnings', async () => {
    const { warnings, metafile } = await bundle({ platform: 'browser', write: false, metafile: true });
    expect(warnings.filter(({ location }) => location?.file.includes('@x/tensor'))).toEqual([]);
    // One chunk for each tier and one for tfjs's kernels: a page fetches those it needs.
    expect(Object.keys(metafile?.outputs ?? {}).length).toBeGreaterThan(4);
  });

  test('runs bundled', async () => {
    await bundle({ platform: 'neutral', external: ['@tensorflow/tfjs-core'] });
    expect(JSON.parse(run(process.execPath, 'bundle/main.mjs'))).toEqual(expected);
  });

  function bundle(options: BuildOptions): Promise<BuildResult> {
    return build({
      entryPoints: [join(directory, 'main.js')],
      outdir: join(directory, 'bundle'),
      bundle: true,
      splitting: true,
      format: 'esm',
      target: 'es2022',
      logLevel: 'silent',
      outExtension: { '.js': '.mjs' },
      ...options,
    });
  }
});
