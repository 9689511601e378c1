import { requireFunction, requireInteger, requireOptions } from '../validation.ts';
import { simulateTransformer, type TransformerRun } from './simulate-transformer.ts';
import { requireSystem, type TrainingSystem } from './system.ts';
import { requireTransformer, type Transformer, type TransformerPlan } from './transformer.ts';

export interface PlanSearchOptions {
  readonly processors: number;
  readonly batch: number;
  readonly dataType?: string;
  /** How many of the fastest to return. */
  readonly keep?: number;
  /** Told now and then how far it is, for progress. */
  readonly onProgress?: (tried: number) => void;
}

export interface PlanSearchResult {
  /** The fastest plans that fit, fastest first. */
  readonly plans: readonly { readonly plan: TransformerPlan; readonly run: TransformerRun }[];
  /** Plans that were simulated, and those of them that don't fit in memory. */
  readonly tried: number;
  readonly tooLarge: number;
}

function divisors(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i + 1).filter((d) => n % d === 0);
}

/**
 * All ways to spread a transformer's training step over processors that Calculon enumerates without overlap and offloading, and the fastest of them:
 * tensor x pipeline x data parallelism, micro-batch, interleaving, recomputation, exchange, optimizer sharding, network tiers.
 *
 * Tensor parallelism divides heads and hidden size, pipeline parallelism the blocks, interleaving the blocks of a stage, micro-batches the batch of a copy.
 *
 * @param model sizes of the transformer
 * @param system engines, memory, networks
 * @param options processors, batch
 * @returns the fastest plans, and how many were looked at
 * @throws RangeError for processors or batches that aren't whole
 */
export function searchPlans(model: Transformer, system: TrainingSystem, options: PlanSearchOptions): PlanSearchResult {
  const { processors, batch, dataType = 'float16', keep = 10, onProgress } = requireOptions(options);
  requireTransformer(model);
  requireSystem(system);
  if (onProgress) requireFunction('options.onProgress', onProgress);
  requireInteger('options.processors', processors);
  requireInteger('options.batch', batch);
  requireInteger('options.keep', keep);
  let [tried, tooLarge] = [0, 0];
  const plans: { plan: TransformerPlan; run: TransformerRun }[] = [];
  const consider = (plan: TransformerPlan): void => {
    tried++;
    if (onProgress && tried % 1000 === 0) onProgress(tried);
    const run = simulateTransformer(model, plan, system, { checkMemory: false });
    if (run.memory.total > system.memory.capacity) {
      tooLarge++;
      return;
    }
    if (plans.length === keep && run.time.total >= plans[keep - 1]!.run.time.total) return;
    let at = plans.length;
    while (at > 0 && plans[at - 1]!.run.time.total > run.time.total) at--;
    plans.splice(at, 0, { plan, run });
    if (plans.length > keep) plans.pop();
  };
  for (const split of splits(model, processors, batch))
    for (const networks of tiers(system, split))
      for (const rest of details(model, batch, split))
        consider({ ...split, ...networks, ...rest, batch, dataType, attention: 'multihead', training: true });
  return { plans, tried, tooLarge };
}

type Split = Pick<TransformerPlan, 'tensorParallel' | 'pipelineParallel' | 'dataParallel'>;

function splits(model: Transformer, processors: number, batch: number): Split[] {
  return divisors(processors)
    .filter((t) => [model.hidden, model.heads, model.feedforward].every((size) => size % t === 0))
    .flatMap((t) =>
      divisors(processors / t)
        .filter((p) => model.blocks % p === 0)
        .map((p) => ({ tensorParallel: t, pipelineParallel: p, dataParallel: processors / t / p })),
    )
    .filter(({ dataParallel }) => batch % dataParallel === 0);
}

/** Assignments of the three kinds of parallelism to networks that are large enough and can be filled; the innermost one that fits. */
function tiers(
  system: TrainingSystem,
  { tensorParallel, pipelineParallel, dataParallel }: Split,
): Pick<TransformerPlan, 'tensorNetwork' | 'pipelineNetwork' | 'dataNetwork'>[] {
  const members = [tensorParallel, pipelineParallel, dataParallel];
  const n = system.networks.length;
  const found: Pick<TransformerPlan, 'tensorNetwork' | 'pipelineNetwork' | 'dataNetwork'>[] = [];
  for (let code = 0; code < n ** 3; code++) {
    const at = [code % n, Math.floor(code / n) % n, Math.floor(code / n / n)];
    // A kind that isn't used says nothing on any network: keep one of those.
    if (at.some((tier, kind) => members[kind] === 1 && tier !== n - 1)) continue;
    const used = system.networks.map((_, tier) => members.reduce((product, m, kind) => (at[kind] === tier ? product * m : product), 1));
    if (
      system.networks.every((network, tier) => used[tier]! <= network.size && (!network.mustBeFilled || network.size % used[tier]! === 0))
    )
      found.push({ tensorNetwork: at[0]!, pipelineNetwork: at[1]!, dataNetwork: at[2]! });
  }
  return found;
}

function* details(
  model: Transformer,
  batch: number,
  { tensorParallel: t, pipelineParallel: p, dataParallel: d }: Split,
): Generator<
  Pick<
    TransformerPlan,
    'microBatch' | 'interleaving' | 'recompute' | 'tensorCommunication' | 'regather' | 'optimizerSharding' | 'fusedActivation'
  >
> {
  for (const microBatch of divisors(batch / d))
    for (const interleaving of p === 1 ? [1] : divisors(model.blocks / p))
      for (const recompute of ['none', 'attention', 'full'] as const)
        for (const tensorCommunication of t === 1 ? (['allReduce'] as const) : (['allReduce', 'slicedSend', 'sequence'] as const)) {
          if (tensorCommunication !== 'allReduce' && (microBatch * model.sequence) % t !== 0) continue;
          for (const regather of tensorCommunication === 'sequence' && recompute !== 'full' ? [false, true] : [false])
            for (const optimizerSharding of d === 1 ? [false] : [false, true])
              // Fusing the activation takes less memory and no time.
              yield { microBatch, interleaving, recompute, tensorCommunication, regather, optimizerSharding, fusedActivation: true };
        }
}
