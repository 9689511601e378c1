// pnpm bench:table [--check] [file.md ...]: writes the tables of bench/results/*.json into the READMEs that ask for them.
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { renderTables } from './render.ts';
import { readResults, type BenchResults } from './results.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const { values, positionals } = parseArgs({ allowPositionals: true, options: { check: { type: 'boolean', default: false } } });

try {
  const results = new Map<string, BenchResults>();
  for (const path of globSync(['bench/results/*.json', '{packages,apps}/*/bench/results/*.json'], { cwd: root })) {
    const name = basename(path, '.json');
    if (results.has(name)) throw new Error(`Two results are called ${name}.json; rename one, since tables refer to them by name.`);
    results.set(name, await readResults(join(root, path)));
  }

  const files =
    positionals.length > 0
      ? positionals
      : globSync(['*.md', 'docs/**/*.md', '{packages,apps}/*/README.md'], { cwd: root }).map((path) => join(root, path));
  const stale: string[] = [];
  for (const file of files) {
    const before = readFileSync(file, 'utf8');
    const after = renderTables(before, results);
    if (after === before) continue;
    stale.push(file);
    if (!values.check) writeFileSync(file, after);
  }
  if (values.check && stale.length > 0) {
    console.error(`The tables of ${stale.join(', ')} are not those of bench/results; run pnpm bench:table.`);
    process.exitCode = 1;
  } else console.log(stale.length === 0 ? 'Every table is up to date.' : `Updated ${stale.join(', ')}.`);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
