import { randomNumbers } from '../random.ts';
import { requireInteger, requireNumber, requireOptions } from '../validation.ts';
import { loadEvaluator } from './load-evaluator.ts';
import { mergeFreeLeaves } from './merge-free-leaves.ts';
import { requirePlacementGraph, type PlacementGraph } from './placement-graph.ts';
import { recorder, type SearchResult } from './search-result.ts';
import { sequencePolicy } from './sequence-policy.ts';

export interface ReinforceOptions {
  /** Placements to cost, in all. */
  readonly evaluations?: number;
  readonly seed?: number;
  /** Placements drawn for one update. */
  readonly batch?: number;
  readonly rate?: number;
  /** Share of each batch that is learnt from; 1 is plain REINFORCE with a running mean as baseline. */
  readonly best?: number;
  /** Weight of the policy's entropy, falling to nothing; keeps it from settling early. */
  readonly entropy?: number;
}

/**
 * The placement learnt by policy gradients: placements are drawn from a sequence policy, costed by the simulator, and the policy is moved towards those that
 * are better than a running mean. "Device Placement Optimization with Reinforcement Learning" (2017, arXiv 1706.04972), whose policy is a recurrent
 * network; here it is a table (`SequencePolicy`). Reward −√load, as there; loads enter by their 24-norm. Adam.
 *
 * ∇J = mean over the batch of (reward − baseline) / spread · ∇ log p(placement) + entropy · ∇H, over the best twentieth of the batch with its least reward
 * as the baseline unless `best` is 1: the aim is one very good placement, not a good mean (risk-seeking policy gradients, 2019, arXiv 1912.04871).
 *
 * @returns the best placement drawn, the number costed, and the learning curve; the same for the same seed
 * @throws RangeError when no placement that was costed fits
 */
export function reinforcePlacement(graph: PlacementGraph, options: ReinforceOptions = {}): SearchResult {
  requirePlacementGraph(graph);
  requireOptions(options);
  const { merged, into } = mergeFreeLeaves(graph);
  const { assignment, ...rest } = searchMerged(merged, options);
  return { assignment: Int32Array.from(into, (group) => assignment[group]!), ...rest };
}

function searchMerged(graph: PlacementGraph, options: ReinforceOptions): SearchResult {
  const { evaluations = 500_000, seed = 1, batch = 500, rate = 0.1, entropy = 0.01, best = 0.05 } = options;
  if (!(best > 0 && best <= 1)) throw new RangeError(`options.best is ${best}, expected a share above 0 and at most 1`);
  requireInteger('options.evaluations', evaluations);
  requireInteger('options.batch', batch, 2);
  requireNumber('options.rate', rate);
  requireNumber('options.entropy', entropy);
  const random = randomNumbers(seed);
  const policy = sequencePolicy(graph);
  const { order, devices, logits } = policy;
  const evaluator = loadEvaluator(graph);
  const records = recorder();
  const drawn = Array.from({ length: batch }, () => new Int32Array(graph.groups));
  const rewards = new Float64Array(batch);
  const gradient = new Float64Array(logits.length);
  const first = new Float64Array(logits.length);
  const second = new Float64Array(logits.length);
  const p = new Float64Array(devices);
  const rounds = Math.floor(evaluations / batch);
  let baseline: number | undefined;
  for (let round = 1; round <= rounds; round++) {
    for (let i = 0; i < batch; i++) {
      policy.sample(random, drawn[i]!);
      const most = evaluator.evaluate(drawn[i]!);
      records.see(drawn[i]!, most, evaluator.evaluations());
      rewards[i] = most === Infinity ? NaN : -Math.sqrt(norm(evaluator.loads, most));
    }
    // What doesn't fit counts as the worst that does.
    const worst = rewards.reduce((a, b) => (Number.isNaN(b) ? a : Math.min(a, b)), 0);
    for (let i = 0; i < batch; i++) if (Number.isNaN(rewards[i])) rewards[i] = 1.5 * worst;
    const mean = rewards.reduce((a, b) => a + b, 0) / batch;
    baseline = best < 1 ? rewards.toSorted()[Math.floor((1 - best) * batch)]! : baseline === undefined ? mean : 0.9 * baseline + 0.1 * mean;
    const spread = Math.sqrt(rewards.reduce((a, b) => a + (b - mean) ** 2, 0) / batch) || 1;
    gradient.fill(0);
    const heat = entropy * (1 - round / rounds);
    for (let i = 0; i < batch; i++) {
      if (best < 1 && rewards[i]! < baseline) continue;
      const advantage = (rewards[i]! - baseline) / spread / (best * batch);
      let before = 0;
      for (let step = 0; step < order.length; step++) {
        const chosen = drawn[i]![order[step]!]!;
        policy.probabilities(step, before, p);
        let h = 0;
        for (let d = 0; d < devices; d++) if (p[d]! > 0) h -= p[d]! * Math.log(p[d]!);
        const row = (step * devices + before) * devices;
        for (let d = 0; d < devices; d++)
          gradient[row + d]! +=
            advantage * ((d === chosen ? 1 : 0) - p[d]!) - (p[d]! > 0 ? (heat * p[d]! * (Math.log(p[d]!) + h)) / (best * batch) : 0);
        before = chosen;
      }
    }
    for (let j = 0; j < logits.length; j++) {
      first[j] = 0.9 * first[j]! + 0.1 * gradient[j]!;
      second[j] = 0.999 * second[j]! + 0.001 * gradient[j]! ** 2;
      logits[j]! += (rate * (first[j]! / (1 - 0.9 ** round))) / (Math.sqrt(second[j]! / (1 - 0.999 ** round)) + 1e-8);
    }
  }
  return records.result(evaluator.evaluations());
}

/** The 24-norm of the loads: close to the largest, but it sees the others. */
function norm(loads: Float64Array, most: number): number {
  if (!(most > 0)) return 0;
  let sum = 0;
  for (const load of loads) sum += (load / most) ** 24;
  return most * sum ** (1 / 24);
}
