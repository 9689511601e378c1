// Placement searches against the exact optimum, with learning curves: node --conditions=@x/source reproduce/placement.ts <folder of throughput_*.json> [evaluations] [graph ...]
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  annealPlacement,
  chainPlacement,
  crossEntropyPlacement,
  exactPlacement,
  localSearchPlacement,
  readPlacement,
  reinforcePlacement,
  type SearchResult,
} from '../src/index.ts';
import { drawChart } from '../src/html/chart.ts';
import { htmlPage } from '../src/html/page.ts';

const [folder, budget = '500000', ...only] = process.argv.slice(2);
if (folder === undefined) throw new Error('give the folder that holds throughput_bert24_inference.json and the others');
const names =
  only.length > 0
    ? only
    : ['bert24_inference', 'bert24_training', 'resnet50_inference', 'resnet50_training', 'gnmt_inference', 'gnmt_training'];
const evaluations = Number(budget);
const sections: { title: string; body: string }[] = [];
for (const name of names) {
  const graph = readPlacement(JSON.parse(readFileSync(join(folder, `throughput_${name}.json`), 'utf8')));
  const exact = exactPlacement(graph).load;
  const runs: Record<string, SearchResult> = {
    'local search from the best chain': localSearchPlacement(graph, { evaluations, seed: 2, start: chainPlacement(graph).assignment }),
    'simulated annealing from random': annealPlacement(graph, { evaluations, seed: 2 }),
    'cross-entropy method': crossEntropyPlacement(graph, { evaluations, seed: 2 }),
    REINFORCE: reinforcePlacement(graph, { evaluations, seed: 2 }),
    'REINFORCE, greedier': reinforcePlacement(graph, { evaluations, seed: 2, rate: 0.2, entropy: 0.02, best: 0.02 }),
  };
  console.log(`${name}: contiguous optimum ${exact}`);
  for (const [method, { load, evaluations: used }] of Object.entries(runs))
    console.log(`  ${method}: ${load} (${(100 * (load / exact - 1)).toFixed(2)} %), ${used} placements, seed 2`);
  const values = Object.entries(runs)
    .flatMap(([method, { curve }]) => curve.map((point) => ({ method, placements: point.evaluations, ratio: point.load / exact })))
    .filter((point) => point.ratio < 1.5);
  sections.push({
    title: name,
    body: await drawChart({
      width: 800,
      height: 260,
      data: { values },
      mark: { type: 'line', interpolate: 'step-after' },
      encoding: {
        x: { field: 'placements', type: 'quantitative', scale: { type: 'log' }, title: 'placements costed' },
        y: { field: 'ratio', type: 'quantitative', scale: { zero: false }, title: 'maximum load / contiguous optimum' },
        color: { field: 'method', type: 'nominal', title: null },
      },
    }),
  });
}
writeFileSync('placement-curves.html', htmlPage('Placement searches', sections));
console.log('wrote placement-curves.html');
