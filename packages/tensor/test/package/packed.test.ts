import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type BuildOptions, type BuildResult } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packedProject, root, type PackedProject } from './packed-project.ts';

const program = `
import * as tf from '@tensorflow/tfjs-core';
import { enable } from '@x/tensor';
const { backend } = await enable({ threads: 2 });
const w = tf.variable(tf.ones([3, 2]));
const { value, grads } = tf.variableGrads(() => tf.sum(tf.square(tf.matMul(tf.ones([4, 3]), w))));
console.log(JSON.stringify([backend, value.dataSync()[0], ...grads[w.name].dataSync()]));
`;
const expected = ['x', 72, 24, 24, 24, 24, 24, 24];

describe.runIf(existsSync(join(root, 'dist')))('the packed tarball', () => {
  let project: PackedProject;
  let directory: string;
  beforeAll(() => {
    project = packedProject();
    ({ directory } = project);
    writeFileSync(join(directory, 'main.js'), program);
  }, 120_000);
  afterAll(() => project?.remove());

  test('brings nothing but itself and its peer', () => {
    expect(readdirSync(join(directory, 'node_modules/@x'))).toEqual(['tensor']);
    expect(existsSync(join(directory, 'node_modules/@tensorflow/tfjs-backend-wasm'))).toBe(false);
  });

  test('trains in Node', () => {
    expect(JSON.parse(project.run(process.execPath, 'main.js'))).toEqual(expected);
  });

  test('bundles for the browser without configuration or warnings', async () => {
    const { warnings, metafile } = await bundle({ platform: 'browser', write: false, metafile: true });
    expect(warnings.filter(({ location }) => location?.file.includes('@x/tensor'))).toEqual([]);
    // One chunk for each tier and one for tfjs's kernels: a page fetches those it needs.
    expect(Object.keys(metafile?.outputs ?? {}).length).toBeGreaterThan(4);
  });

  test('runs bundled', async () => {
    await bundle({ platform: 'neutral', external: ['@tensorflow/tfjs-core'] });
    expect(JSON.parse(project.run(process.execPath, 'bundle/main.mjs'))).toEqual(expected);
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
