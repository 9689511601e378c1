import { randomNumbers } from '../random.ts';
import { requireInteger, requireNumber, requireOptions } from '../validation.ts';
import { loadEvaluator } from './load-evaluator.ts';
import { mergeFreeLeaves } from './merge-free-leaves.ts';
import { requirePlacementGraph, type PlacementGraph } from './placement-graph.ts';
import { recorder, type SearchResult } from './search-result.ts';
import { sequencePolicy } from './sequence-policy.ts';

export interface CrossEntropyOptions {
  readonly evaluations?: number;
  readonly seed?: number;
  /** Placements drawn each round, and the share of them that the policy moves towards. */
  readonly batch?: number;
  readonly elite?: number;
  readonly smoothing?: number;
}

/**
 * The cross-entropy method: the sequence policy becomes, smoothed, the frequencies of choices among the best of each round and the best ever seen.
 * "The Cross-Entropy Method" (Rubinstein and Kroese, 2004).
 *
 * @returns the best placement drawn; the same for the same seed
 * @throws RangeError when no placement that was costed fits
 */
export function crossEntropyPlacement(graph: PlacementGraph, options: CrossEntropyOptions = {}): SearchResult {
  requirePlacementGraph(graph);
  requireOptions(options);
  const { merged, into } = mergeFreeLeaves(graph);
  const { assignment, ...rest } = searchMerged(merged, options);
  return { assignment: Int32Array.from(into, (group) => assignment[group]!), ...rest };
}

function searchMerged(graph: PlacementGraph, options: CrossEntropyOptions): SearchResult {
  const { evaluations = 200_000, seed = 1, batch = 1000, elite = 0.05, smoothing = 0.3 } = options;
  requireInteger('options.evaluations', evaluations);
  requireInteger('options.batch', batch, 10);
  requireNumber('options.smoothing', smoothing);
  if (!(elite > 0 && elite < 1)) throw new RangeError(`options.elite is ${elite}, expected a share between 0 and 1`);
  const random = randomNumbers(seed);
  const policy = sequencePolicy(graph);
  const { order, devices, logits } = policy;
  const evaluator = loadEvaluator(graph);
  const records = recorder();
  const kept = Math.max(2, Math.floor(elite * batch));
  let survivors: { placement: Int32Array; load: number }[] = [];
  const counts = new Float64Array(logits.length);
  const p = new Float64Array(devices);
  for (let round = 0; round < Math.floor(evaluations / batch); round++) {
    const drawn = Array.from({ length: batch }, () => {
      const placement = new Int32Array(graph.groups);
      policy.sample(random, placement);
      const load = evaluator.evaluate(placement);
      records.see(placement, load, evaluator.evaluations());
      return { placement, load };
    });
    survivors = [...survivors, ...drawn].toSorted((a, b) => a.load - b.load).slice(0, kept);
    counts.fill(0);
    for (const { placement } of survivors) {
      let before = 0;
      order.forEach((group, step) => {
        counts[(step * devices + before) * devices + placement[group]!]!++;
        before = placement[group]!;
      });
    }
    for (let row = 0; row < logits.length; row += devices) {
      let seen = 0;
      for (let d = 0; d < devices; d++) seen += counts[row + d]!;
      if (seen === 0) continue;
      policy.probabilities(Math.floor(row / devices / devices), Math.floor(row / devices) % devices, p);
      for (let d = 0; d < devices; d++)
        logits[row + d] = Math.log(Math.max(1e-4, (1 - smoothing) * p[d]! + (smoothing * counts[row + d]!) / seen));
    }
  }
  return records.result(evaluator.evaluations());
}
