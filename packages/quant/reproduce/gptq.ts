/**
 * GPTQ against rounding to the nearest, in bits per character of a transformer of Tiny Shakespeare: the linear layers of its blocks and
 * the last one at 4 and 3 bits, activations in float.
 *
 *   pnpm --filter @x/quant reproduce:gptq <file of Tiny Shakespeare> [--weights file.safetensors | --steps 600]
 *
 * The weights are those of a checkpoint of `pnpm --filter @x/tensor reproduce:char --resume <file>`, or of a shorter training here, of batches of
 * 16. Bits per character over 24,576 characters of the last tenth; GPTQ and AWQ see 64 pieces of 64 characters of the rest. Results go to
 * reproduce/results/gptq.md.
 */
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { enable, evaluate, type Layer } from '@x/tensor';
import { quantize, type WeightOptions } from '../src/index.ts';
import { charTransformer, loadTrained, train } from './char-transformer.ts';

const PIECES = 384;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { weights: { type: 'string' }, steps: { type: 'string', default: '600' } },
});
const [file] = positionals;
if (!file) throw new Error('Give the file of Tiny Shakespeare: reproduce:gptq <file> [--weights file.safetensors | --steps 600]');
const runtime = await enable();
await runtime.load('quant');
const { net, training, validation } = await charTransformer(file);
if (values.weights) await loadTrained(net, values.weights);
else train(net, training, { steps: Number(values.steps) });

async function bitsPerCharacter(own: Layer): Promise<number> {
  return (await evaluate(own, validation(PIECES))).loss / Math.LN2;
}

const seen = training(1_000_000, 64);
const methods: Readonly<Record<string, WeightOptions>> = {
  nearest: {},
  'nearest, searched ranges': { range: 'search' },
  AWQ: { method: 'awq' },
  GPTQ: { method: 'gptq' },
  'GPTQ, act-order': { method: 'gptq', actOrder: true },
  'GPTQ, searched ranges': { method: 'gptq', range: 'search' },
};
const float = await bitsPerCharacter(net);
console.error(`float ${float.toFixed(4)}`);
const rows: string[] = [];
for (const bits of [4, 3]) {
  for (const grouping of ['channel', 'groups of 32'] as const) {
    for (const [name, options] of Object.entries(methods)) {
      if (grouping !== 'channel' && !['nearest', 'GPTQ'].includes(name)) continue;
      // By channel is int8's grid with fewer bits; int4's has groups.
      const q = await quantize(net, {
        ...{ scheme: grouping === 'channel' ? 'int8' : 'int4', calibrate: seen.x, activations: 'float', unsupported: 'float' },
        weights: { bits, ...(grouping !== 'channel' && { groupSize: 32 }), ...options },
      });
      const reached = await bitsPerCharacter(q);
      rows.push(`| ${bits} | ${grouping} | ${name} | ${reached.toFixed(4)} | ${(reached - float).toFixed(4)} |`);
      console.error(rows.at(-1));
      q.dispose();
    }
  }
}
const report = [
  '# GPTQ against rounding to the nearest',
  '',
  `Bits per character of a transformer (4 layers, width 128) over ${PIECES * 64} held-out characters of Tiny Shakespeare; float: ${float.toFixed(4)}. Weights only.`,
  '',
  '| bits | steps by | rounding | bits per character | more than float |',
  '|---|---|---|---|---|',
  ...rows,
  '',
  `Command: \`pnpm --filter @x/quant reproduce:gptq <file> ${values.weights ? '--weights <the 2000 steps of reproduce:char>' : `--steps ${values.steps}`}\`; seed 1; ${new Date().toISOString().slice(0, 10)}; ${cpus()[0]?.model}, tier ${runtime.tier}, ${runtime.threads} threads.`,
  '',
].join('\n');
console.log(report);
await writeFile(new URL('results/gptq.md', import.meta.url), report);
process.exit(0);
