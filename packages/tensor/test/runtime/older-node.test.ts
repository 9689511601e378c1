import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { programPath, runNode } from './program.ts';

const major = (executable: string): number => Number.parseInt(execFileSync(executable, ['--version'], { encoding: 'utf8' }).slice(1), 10);

/** A Node of version 20 to 23 on the PATH, if there is one: it has no wide tier. */
const older = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((directory) => join(directory, 'node'))
  .filter((executable) => existsSync(executable))
  .find((executable) => major(executable) >= 20 && major(executable) < 24);

let directory: string;
let program: string;
beforeAll(async () => {
  directory = await mkdtemp(fileURLToPath(new URL('../../node_modules/.older-', import.meta.url)));
  program = join(directory, 'program.mjs');
  const entryPoints = [programPath('older-node')];
  await build({
    entryPoints,
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'node',
    conditions: ['@x/source'],
    external: ['@tensorflow/tfjs-core'],
    logLevel: 'error',
  });
});
afterAll(() => rm(directory, { recursive: true }));

const result = { profiled: ['BatchMatMul'], value: 300 * 10 * 100, gradient: true };

it('runs in a bundle on this Node', async () => {
  expect(await runNode(process.execPath, [program, '{"threads":2}'])).toMatchObject({ report: { ...result, threads: 2 }, end: 0 });
});

it('runs on an older Node, in the relaxed tier, and says why', async (test) => {
  test.skip(older === undefined, 'there is no Node 20 to 23 on the PATH');
  const { report, end } = await runNode(older as string, [program, '{"threads":2}']);
  expect(report).toMatchObject({ ...result, tier: 'relaxed', threads: 2 });
  expect((report as { limits: string[] }).limits).toContain('tier relaxed: the wide tier needs Node 24 or later');
  expect(end).toBe(0);
});

it.for([
  [{ tier: 'simd' }, 'simd'],
  [{ tier: 'wide' }, 'relaxed'],
] as const)('with %j runs on an older Node in tier %s', async ([options, tier], test) => {
  test.skip(older === undefined, 'there is no Node 20 to 23 on the PATH');
  expect(await runNode(older as string, [program, JSON.stringify(options)])).toMatchObject({ report: { ...result, tier }, end: 0 });
});
