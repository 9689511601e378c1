// Compares random programs on backend x with tfjs's cpu backend and with PyTorch: pnpm fuzz [--programs 10000] [--seed 1]
import { parseArgs } from 'node:util';
import type { Tier } from '@x/tensor';
import { fuzz, type Finding } from './fuzz.ts';
import { hasTorch } from './torch.ts';

const { values } = parseArgs({
  options: {
    programs: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    first: { type: 'string', default: '0' },
    filter: { type: 'string', default: '.' },
    tier: { type: 'string' },
    threads: { type: 'string' },
    all: { type: 'boolean', default: false },
  },
});
const [programs, seed, start] = [Number(values.programs), Number(values.seed), Number(values.first)];
const torch = hasTorch();
if (!torch) console.log("PyTorch isn't asked: there is no python3-torch.");
const BATCH = 1000;
const findings: Finding[] = [];
for (let first = start; first < start + programs; first += BATCH) {
  const options = {
    seed,
    first,
    last: Math.min(first + BATCH, start + programs),
    torch,
    filter: new RegExp(values.filter),
    ...(values.tier ? { tier: values.tier as Tier } : {}),
    ...(values.threads ? { threads: Number(values.threads) } : {}),
  };
  for (const finding of await fuzz(options)) {
    findings.push(finding);
    if (finding.cpuAlone && !values.all) continue;
    const { number, text, cpu, torch: peer } = finding;
    console.log(
      `${number}: ${text}${cpu === undefined ? '' : `\n    tfjs cpu: ${cpu}`}${peer === undefined ? '' : `\n    PyTorch: ${peer}`}`,
    );
  }
}
const count = (some: readonly Finding[]): string => {
  const by = Object.entries(Object.groupBy(some, ({ family }) => family)).map(([family, list]) => `${family} ${list?.length}`);
  return `${some.length}${by.length > 0 ? ` (${by.join(', ')})` : ''}`;
};
const wrong = findings.filter(({ cpuAlone }) => !cpuAlone);
console.log(`where tfjs's cpu backend alone differs (--all prints them): ${count(findings.filter(({ cpuAlone }) => cpuAlone))}`);
console.log(`${programs} programs, seed ${seed}: backend x differs in ${count(wrong)}`);
process.exitCode = wrong.length > 0 ? 1 : 0;
