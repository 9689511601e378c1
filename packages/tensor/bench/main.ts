/**
 * pnpm bench [group ...]: measures @x/tensor beside its peers and the machine's limits, and writes bench/results/.
 *
 * Groups: step, cnn, transformer, mobilenet, attention, embedding, half, matmul, tiers, small, operations, overhead, startup, quant. All by default; a full run
 * is written, and the groups asked for with --write.
 */
import { resolve } from 'node:path';
import { recordRun, writeResults, type Comparison } from '@x-tooling/bench';
import { attention } from './attention.ts';
import { cnn } from './cnn.ts';
import { embedding } from './embedding.ts';
import { half } from './half.ts';
import { matmul } from './matmul.ts';
import { mobilenet } from './mobilenet.ts';
import { operations } from './operations.ts';
import { overhead } from './overhead.ts';
import { quant } from './quant.ts';
import { small } from './small.ts';
import { startup } from './startup.ts';
import { step } from './step.ts';
import { transformer } from './transformer.ts';
import { tierProducts } from './tiers.ts';

const groups: Record<string, () => Promise<Comparison[]>> = {
  step,
  cnn,
  transformer,
  mobilenet,
  attention,
  embedding,
  half,
  matmul,
  tiers: tierProducts,
  small,
  operations,
  overhead,
  startup,
  quant,
};
const asked = process.argv.slice(2).filter((argument) => argument !== '--write');
const write = asked.length === 0 || process.argv.includes('--write');
for (const name of asked) if (!(name in groups)) throw new Error(`There is no group ${name}; there are ${Object.keys(groups).join(', ')}.`);

const run = recordRun();
if (run.load > 0.5) console.warn(`The machine is not quiet (load ${run.load}): believe the ratios, not the times.\n`);
for (const [name, measure] of Object.entries(groups)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const comparisons = await measure();
  if (write) await writeResults(resolve(import.meta.dirname, `results/${name}.json`), { run, comparisons });
}
process.exit();
