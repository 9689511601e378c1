import { Option, type Command } from 'commander';
import { placementHtml } from '../../html/placement-html.ts';
import { annealPlacement, localSearchPlacement } from '../../placement/annealing.ts';
import { crossEntropyPlacement } from '../../placement/cross-entropy.ts';
import { chainPlacement, exactPlacement } from '../../placement/exact-placement.ts';
import { minCutPlacement } from '../../placement/min-cut.ts';
import { deviceLoads, readPlacement, type PlacementGraph } from '../../placement/placement-graph.ts';
import { reinforcePlacement } from '../../placement/reinforce.ts';
import type { SearchResult } from '../../placement/search-result.ts';
import { readJson, refusedWith, writeFiles } from '../files.ts';
import { number, type Output } from '../output.ts';

interface PlaceOptions {
  graph: string;
  method: string;
  evaluations?: number;
  seed: number;
  out?: string;
}

const searches: Readonly<Record<string, (graph: PlacementGraph, options: { evaluations?: number; seed?: number }) => SearchResult>> = {
  'local-search': localSearchPlacement,
  annealing: annealPlacement,
  'cross-entropy': crossEntropyPlacement,
  reinforce: reinforcePlacement,
};

export function placeCommand(root: Command, { say }: Output): void {
  root
    .command('place')
    .description('place an operator graph on devices')
    .requiredOption('--graph <file>', 'JSON with nodes, edges, maxFPGAs, maxCPUs, maxSizePerFPGA')
    .addOption(
      new Option(
        '--method <name>',
        'exact and chain find the best contiguous placement, of a graph and of a chain; min-cut sends little; the others search',
      )
        .choices(['exact', 'chain', 'min-cut', ...Object.keys(searches)])
        .default('exact'),
    )
    .option('--evaluations <n>', 'placements a search costs', number)
    .option('--seed <n>', 'of a search', number, 1)
    .option('--out <folder>', 'write placement.html there, of a search with its learning curve')
    .action(async ({ graph: file, method, evaluations, seed, out }: PlaceOptions) => {
      const json = readJson(file);
      const graph = refusedWith(file, () => readPlacement(json));
      const search = searches[method];
      const found = search?.(graph, { seed, ...(evaluations !== undefined && { evaluations }) });
      const { assignment, load } =
        found ?? (method === 'exact' ? exactPlacement : method === 'chain' ? chainPlacement : minCutPlacement)(graph);
      say(`maximum load ${load} (time units of the graph)${found ? `, ${found.evaluations} placements costed, seed ${seed}` : ''}`);
      deviceLoads(graph, assignment).forEach((own, d) => {
        const nodes = graph.nodes.filter((node) => assignment[node.group] === d);
        say(
          `${d < graph.accelerators ? `accelerator ${d}` : `CPU ${d - graph.accelerators}`}: load ${own}, ${nodes.length} nodes: ${nodes.map((node) => node.name).join(' ')}`,
        );
      });
      if (out !== undefined)
        writeFiles(
          out,
          { 'placement.html': await placementHtml(file, graph, assignment, found ? { runs: { [method]: found } } : {}) },
          say,
        );
    });
}
