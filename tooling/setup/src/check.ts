// Runs every check and every test, and prints the tests' counts as the last line:
//   npm test [-- [--force] [check or package ...]]
import { parseArgs } from 'node:util';
import { checks } from './checks.ts';
import { addCounts, formatCounts, type Counts } from './counts.ts';
import { runStep } from './run-step.ts';
import { testedPackages, testPackage } from './test-packages.ts';

const packages = testedPackages();
const names = [...checks, ...packages].map(({ name }) => name);
const { values, positionals } = parseArgs({ allowPositionals: true, options: { force: { type: 'boolean', default: false } } });
const unknown = positionals.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`There is no check or package called ${unknown.join(', ')}; there are ${names.join(', ')}.`);
  process.exit(2);
}
const wanted = ({ name }: { name: string }): boolean => positionals.length === 0 || positionals.includes(name);

const failed: string[] = [];
for (const { name, command, args, needsBuild } of checks.filter(wanted)) {
  if (needsBuild && failed.includes('build')) {
    console.error(`${name}: left out, since the build failed`);
    continue;
  }
  const force = values.force && command === 'turbo' ? ['--force'] : [];
  const { code, output } = await runStep(name, command, [...args, ...force]);
  if (code === 0) continue;
  failed.push(name);
  console.error(output);
}
const counts: Counts[] = [];
for (const entry of packages.filter(wanted)) {
  const count = await testPackage(entry, values);
  counts.push(count);
  if (count.failed > 0) failed.push(`test ${entry.name}`);
}
if (failed.length > 0) {
  console.log(`Failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}
console.log(formatCounts(addCounts(counts)));
