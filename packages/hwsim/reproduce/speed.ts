// How long things take here, beside one another: node --conditions=@x/source reproduce/speed.ts
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gemmShapes, readCalculonModel, readCalculonSystem, readTopologyCsv, searchPlans, stallFreeWork } from '../src/index.ts';

const excerpts = join(import.meta.dirname, '..', 'test', 'excerpts');
const net = readTopologyCsv(readFileSync(join(excerpts, 'scalesim/conv_nets_Resnet50.csv'), 'utf8'));
const times = Array.from({ length: 200 }, () => {
  const start = performance.now();
  let cycles = 0;
  for (const layer of net.layers)
    for (const shape of gemmShapes(layer))
      cycles += stallFreeWork({ rows: 256, columns: 256, dataflow: 'ws' }, shape, { compat: 'scalesim-v3' }).cycles;
  if (cycles !== 438375) throw new Error(`${cycles} cycles, expected 438375`);
  return performance.now() - start;
});
console.log(
  `ResNet-50, ${net.layers.length} layers, on a 256 x 256 array: first run ${times[0]!.toFixed(2)} ms, median of 200 ${times.toSorted((a, b) => a - b)[100]!.toFixed(3)} ms`,
);

const { system, runs } = JSON.parse(readFileSync(join(excerpts, 'calculon/runs.json'), 'utf8')) as {
  system: unknown;
  runs: Record<string, { model: unknown }>;
};
const start = performance.now();
const found = searchPlans(readCalculonModel(runs['tab5_gpt3-175B_full']!.model), readCalculonSystem(system), {
  processors: 64,
  batch: 64,
  keep: 1,
});
const seconds = (performance.now() - start) / 1000;
console.log(
  `GPT-3 on 64 processors: ${found.tried} plans in ${seconds.toFixed(2)} s, ${Math.round(found.tried / seconds)} a second; the fastest takes ${found.plans[0]!.run.time.total.toFixed(3)} s a step`,
);
