import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { compileFamily, kernelNames, readSource, type Compiled } from './compile.ts';
import type { Family } from './table.ts';

const { version } = createRequire(import.meta.url)('assemblyscript/package.json') as { version: string };

/**
 * Compiles a family for a tier, or takes what the same sources gave before: entries of the cache are named by the hash of all that the
 * result depends on, so that several checkouts may share one.
 */
export async function compileCached(directory: string, family: Family, tier: string, cache: string): Promise<Compiled> {
  const path = join(cache, `${await key(directory, family, tier)}.wasm`);
  const kept = await readFile(path).catch(() => undefined);
  if (kept) return { wasm: kept, kernels: kernelNames(kept) };
  const compiled = await compileFamily(directory, family, tier);
  await mkdir(cache, { recursive: true });
  const partial = `${path}.${randomUUID()}`;
  await writeFile(partial, compiled.wasm);
  await rename(partial, path);
  return compiled;
}

/** Hash of the compiler, this build, the tier, and every source that the family's sources import. */
async function key(directory: string, family: Family, tier: string): Promise<string> {
  const hash = createHash('sha256')
    .update(version)
    .update(await readFile(new URL('compile.ts', import.meta.url)));
  hash.update(`${family.name} ${tier} ${family.sources.join(' ')}`);
  const generated = new Map(Object.entries(family.generated ?? {}).map(([path, write]) => [path, write(tier as never)]));
  const seen = new Set<string>(family.sources);
  for (const path of seen) {
    const text = generated.get(path) ?? readSource(join(directory, path)) ?? '';
    hash.update(`\0${path}\0${text}`);
    for (const [, imported] of text.matchAll(/from '(\.[^']+)'/g)) seen.add(`${join(path, '..', imported!)}.ts`);
  }
  return hash.digest('hex');
}
