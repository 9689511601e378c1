import { globSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { formatCounts, readCounts, type Counts } from './counts.ts';
import { root } from './root.mjs';
import { runStep } from './run-step.ts';

/** The workspace's packages that have tests, by name: the tooling first, on whose word the others' tests stand. */
export function testedPackages(): { name: string; directory: string }[] {
  return globSync('{tooling,packages,apps}/*/package.json', { cwd: root })
    .map((path) => {
      const { name, scripts } = JSON.parse(readFileSync(join(root, path), 'utf8')) as { name: string; scripts?: Record<string, string> };
      return { name, directory: dirname(path), tested: scripts?.['test'] !== undefined };
    })
    .filter(({ tested }) => tested)
    .sort((a, b) => order(a.directory) - order(b.directory) || (a.directory < b.directory ? -1 : 1))
    .map(({ name, directory }) => ({ name, directory }));
}

function order(directory: string): number {
  return ['tooling', 'packages', 'apps'].indexOf(directory.split('/')[0]!);
}

/** Runs one package's tests, unless they passed before and nothing they depend on has changed; prints what failed. */
export async function testPackage({ name, directory }: { name: string; directory: string }, { force = false } = {}): Promise<Counts> {
  const report = join(root, directory, 'test-results.json');
  // A report of an earlier run mustn't be taken for this one's. Turbo brings back the one that belongs to what it skips.
  rmSync(report, { force: true });
  let counts: Counts | undefined;
  const { code, output } = await runStep(
    `test ${name}`,
    'turbo',
    ['run', 'test', `--filter=${name}`, '--output-logs=new-only', '--log-prefix=none', ...(force ? ['--force'] : [])],
    (exit) => {
      counts = readCounts(report, exit);
      return formatCounts(counts);
    },
  );
  if (code !== 0) console.error(output);
  return counts!;
}
