import { randomNumbers } from '../random.ts';
import { requireInteger, requireOptions } from '../validation.ts';
import { loadEvaluator } from './load-evaluator.ts';
import { requireAssignment, requirePlacementGraph, type Assignment, type PlacementGraph } from './placement-graph.ts';
import { recorder, type SearchResult } from './search-result.ts';

export interface SearchOptions {
  /** Placements to cost. */
  readonly evaluations?: number;
  readonly seed?: number;
  /** Where to begin; everything at random when left out. */
  readonly start?: Assignment;
}

/** Placement of every group at random. */
export function randomAssignment(graph: PlacementGraph, random: () => number): Int32Array {
  const devices = graph.accelerators + graph.cpus;
  return Int32Array.from({ length: graph.groups }, () => Math.floor(random() * devices));
}

/**
 * Simulated annealing: one group moves to another device, or two groups change places; worse placements are kept with probability exp(−Δ/T), T falling
 * geometrically. Loads are compared by their 24-norm, which sees more than the busiest device. "Optimization by Simulated Annealing" (1983).
 *
 * @returns the placement with the least maximum load seen; the same for the same seed
 * @throws RangeError when no placement that was costed fits
 */
export function annealPlacement(graph: PlacementGraph, options: SearchOptions = {}): SearchResult {
  return walk(graph, options, true);
}

/** Local search: the same moves, of which only those that don't make things worse are kept. */
export function localSearchPlacement(graph: PlacementGraph, options: SearchOptions = {}): SearchResult {
  return walk(graph, options, false);
}

function walk(graph: PlacementGraph, options: SearchOptions, anneals: boolean): SearchResult {
  requirePlacementGraph(graph);
  const { evaluations = 200_000, seed = 1, start } = requireOptions(options);
  if (start) requireAssignment('options.start', start, graph);
  requireInteger('options.evaluations', evaluations);
  const random = randomNumbers(seed);
  const { groups } = graph;
  const devices = graph.accelerators + graph.cpus;
  const current = start ? Int32Array.from({ length: groups }, (_, g) => start[g]!) : randomAssignment(graph, random);
  const evaluator = loadEvaluator(graph);
  const records = recorder();
  const cost = (): number => {
    const most = evaluator.evaluate(current);
    records.see(current, most, evaluator.evaluations());
    if (!(most > 0) || most === Infinity) return most;
    let sum = 0;
    for (const load of evaluator.loads) sum += (load / most) ** 24;
    return most * sum ** (1 / 24);
  };
  let now = cost();
  const hottest = 0.03 * (now === Infinity ? 1 : now);
  for (let step = 1; step < evaluations; step++) {
    const temperature = anneals ? hottest * 1e-4 ** (step / evaluations) : 0;
    const a = Math.floor(random() * groups);
    const before = current[a]!;
    let b = -1;
    if (random() < 0.3) {
      b = Math.floor(random() * groups);
      current[a] = current[b]!;
      current[b] = before;
    } else current[a] = (before + 1 + Math.floor(random() * (devices - 1))) % devices;
    const next = cost();
    if (next <= now || random() < Math.exp((now - next) / temperature)) now = next;
    else if (b >= 0) {
      current[b] = current[a]!;
      current[a] = before;
    } else current[a] = before;
  }
  return records.result(evaluator.evaluations());
}
