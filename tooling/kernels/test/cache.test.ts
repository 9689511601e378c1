import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { compileCached } from '../src/cache.ts';
import { compileFamily } from '../src/compile.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kernels-'));
});
afterEach(() => rm(directory, { recursive: true }));

const family = { name: 'probe', sources: ['probe.ts'] };
const write = (path: string, text: string): Promise<void> => writeFile(join(directory, path), text);

test('what the same sources gave is taken again, and compiled anew when an imported one or the tier is another', async () => {
  const cache = join(directory, 'cache');
  await write('probe.ts', `import { two } from './two';\nexport function probe(p: usize): void { store<i32>(p, two()); }`);
  await write('two.ts', 'export function two(): i32 { return 2; }');
  const compiled = await compileCached(directory, family, 'simd', cache);
  expect(compiled).toEqual(await compileFamily(directory, family, 'simd'));
  const [entry, ...more] = await readdir(cache);
  expect(more).toEqual([]);

  const { wasm: other } = await compileFamily(
    '.',
    { ...family, generated: { 'probe.ts': () => 'export function marked(): void {}' } },
    'simd',
  );
  await writeFile(join(cache, entry!), other);
  expect((await compileCached(directory, family, 'simd', cache)).kernels).toEqual(['marked']);

  expect((await compileCached(directory, family, 'relaxed', cache)).kernels).toEqual(['probe']);
  await write('two.ts', 'export function two(): i32 { return 3; }');
  expect((await compileCached(directory, family, 'simd', cache)).kernels).toEqual(['probe']);
  expect(await readdir(cache)).toHaveLength(3);
});
