// Placement searches against the contiguous optimum, with learning curves:
//   node --conditions=@x/source reproduce/placement.ts <folder of throughput_*.json and results.json> [placements, default 2000000] [graph ...]
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  annealPlacement,
  chainPlacement,
  crossEntropyPlacement,
  drawChart,
  exactPlacement,
  htmlPage,
  learningCurveSpec,
  localSearchPlacement,
  maxLoad,
  minCutPlacement,
  placementByHand,
  readPlacement,
  reinforcePlacement,
  type SearchResult,
} from '../src/index.ts';

const [folder, budget = '2000000', ...only] = process.argv.slice(2);
if (folder === undefined) throw new Error('give the folder that holds throughput_bert24_inference.json and the others');
const names =
  only.length > 0
    ? only
    : ['bert24_inference', 'bert24_training', 'resnet50_inference', 'resnet50_training', 'gnmt_inference', 'gnmt_training'];
const evaluations = Number(budget);
const seed = 2;
const read = (file: string): unknown => JSON.parse(readFileSync(join(folder, file), 'utf8'));
const published = read('results.json') as Record<string, { optimal_max_load: number }>;
const sections: { title: string; body: string }[] = [];
for (const name of names) {
  const graph = readPlacement(read(`throughput_${name}.json`));
  const exact = exactPlacement(graph).load;
  const saved = published[`LayerGraphs/${name}`]!.optimal_max_load;
  if (Math.abs(exact / saved - 1) > 1e-11) throw new Error(`${name}: the optimum is ${exact}, published ${saved}`);
  // Ten times fewer for what doesn't learn: their curves are flat long before.
  const few = { evaluations: Math.ceil(evaluations / 10), seed };
  const runs: Record<string, SearchResult> = {
    'local search from the best chain': localSearchPlacement(graph, { ...few, start: chainPlacement(graph).assignment }),
    'simulated annealing from random': annealPlacement(graph, few),
    'cross-entropy method': crossEntropyPlacement(graph, few),
    REINFORCE: reinforcePlacement(graph, { evaluations, seed }),
  };
  const percent = (load: number): string => `${load} (${(100 * (load / exact - 1)).toFixed(2)} %)`;
  console.log(`${name}: contiguous optimum ${exact}, as published`);
  const expert = join(folder, `${name}_expert.json`);
  if (existsSync(expert)) {
    const { fpgas, cpus } = read(`${name}_expert.json`) as Record<'fpgas' | 'cpus', { nodes: number[] }[]>;
    console.log(
      `  the expert's: ${percent(
        maxLoad(
          graph,
          placementByHand(
            graph,
            [...fpgas, ...cpus].map(({ nodes }) => nodes),
          ),
        ),
      )}`,
    );
  }
  console.log(`  min-cut: ${percent(minCutPlacement(graph).load)}`);
  for (const [method, { load, evaluations: used }] of Object.entries(runs))
    console.log(`  ${method}: ${percent(load)}, ${used} placements, seed ${seed}`);
  sections.push({ title: name, body: await drawChart(learningCurveSpec(runs, { reference: exact })) });
}
writeFileSync('placement-curves.html', htmlPage('Placement searches: learning curves, the contiguous optimum dashed', sections));
console.log('wrote placement-curves.html');
