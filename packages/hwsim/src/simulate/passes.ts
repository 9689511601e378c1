import { pipedreamPartition } from '../placement/pipeline-partition.ts';
import { blank, copies, type LayerWork, type Work } from './work.ts';
import type { Plan } from './plan.ts';

/** Consecutive layers and what their passes do for one micro-batch. */
export interface StageWork {
  readonly layers: readonly LayerWork[];
  readonly forward: readonly Work[];
  readonly backward: readonly Work[];
  /** Empty where the schedule has no passes of its own for it; then it is part of `backward`. */
  readonly weightGradient: readonly Work[];
  /** Bytes it sends to the next stage. */
  readonly sends: number;
}

/** Cuts layers into the plan's stages and puts the work of each into passes. */
export function stageWorks(plan: Plan, layers: readonly LayerWork[]): StageWork[] {
  const sizes = plan.layersOfStages ?? balancedStages(layers, plan.stages);
  if (
    sizes.length !== plan.stages ||
    sizes.some((n) => !(Number.isInteger(n) && n >= 1)) ||
    sizes.reduce((a, b) => a + b, 0) !== layers.length
  )
    throw new RangeError(
      `stages is [${sizes.join(', ')}], expected ${plan.stages} whole numbers of at least 1 that sum to the model's ${layers.length} layers`,
    );
  let first = 0;
  return sizes.map((size) => {
    const end = first + size;
    const own = layers.slice(first, end);
    const stage = { layers: own, ...passesOf(plan, own), sends: crossing(layers, end) };
    first = end;
    return stage;
  });
}

/** Layers of each stage so that the slowest stage is as fast as can be, every stage having at least one. */
function balancedStages(layers: readonly LayerWork[], stages: number): number[] {
  if (stages > layers.length)
    throw new RangeError(
      `parallel.pipeline and the schedule ask for ${stages} stages, but the model has only ${layers.length} layers; use fewer stages`,
    );
  const seconds = (work: readonly Work[]): number => work.reduce((sum, w) => sum + w.seconds, 0);
  const times = layers.map((l) => seconds(l.forward) + seconds(l.recompute) + seconds(l.inputGradient) + seconds(l.weightGradient));
  const ends = pipedreamPartition(times, stages, { replicate: false }).stages.map((stage) => stage.end);
  // Halving the longest runs until there are enough never makes the slowest slower.
  while (ends.length < stages) {
    const lengths = ends.map((end, i) => end - (ends[i - 1] ?? 0));
    const longest = lengths.indexOf(Math.max(...lengths));
    ends.splice(longest, 0, ends[longest]! - Math.floor(lengths[longest]! / 2));
  }
  return ends.map((end, i) => end - (ends[i - 1] ?? 0));
}

/** Bytes of what layers before a cut give to layers behind it. */
function crossing(layers: readonly LayerWork[], cut: number): number {
  const read = new Set<number>();
  for (let i = cut; i < layers.length; i++) for (const from of layers[i]!.inputs) if (from < cut) read.add(from);
  return [...read].reduce((sum, from) => sum + layers[from]!.cost.outputBytes, 0);
}

function passesOf(plan: Plan, layers: readonly LayerWork[]): Pick<StageWork, 'forward' | 'backward' | 'weightGradient'> {
  if (!plan.training) return { forward: layers.flatMap((l) => l.forward), backward: [], weightGradient: [] };
  const kept = keptBytes(plan, layers);
  const segment = plan.recompute === 'full' ? Math.ceil(Math.sqrt(layers.length)) : layers.length;
  const again = plan.recompute === 'full';
  /** What stays from the forward on: all, or only what a segment begins with. */
  const held = (i: number): number => (again && i % segment !== 0 ? 0 : kept[i]!);
  const forward = layers.flatMap((l, i) => holding(l, l.forward, held(i)));
  const backward: Work[] = [];
  const weightGradient: Work[] = [];
  const gradients = (l: LayerWork): number => l.gradientBytes / (plan.zero >= 2 ? copies(l.expert, plan.parallel) : 1);
  for (let end = layers.length; end > 0;) {
    const start = Math.floor((end - 1) / segment) * segment;
    if (again)
      for (let i = start; i < end; i++) backward.push(...holding(layers[i]!, layers[i]!.recompute, kept[i]! + layers[i]!.scores - held(i)));
    for (let i = end - 1; i >= start; i--) {
      const layer = layers[i]!;
      const scoresAgain = plan.recompute === 'attention' && layer.scores > 0;
      if (scoresAgain) backward.push(...holding(layer, layer.recompute, layer.scores));
      // Attention's probabilities go with its input gradient; what weight gradients need goes with them.
      const scores = again || scoresAgain ? layer.scores : 0;
      const release = -(kept[i]! + (again ? layer.scores : 0));
      const weights = layer.weightGradient;
      if (weights.length === 0) backward.push(...holding(layer, layer.inputGradient, release - (again ? 0 : scores)));
      else {
        backward.push(...holding(layer, layer.inputGradient, again ? 0 : -scores));
        (plan.weightPasses ? weightGradient : backward).push(...holding(layer, weights, release, gradients(layer)));
      }
    }
    end = start;
  }
  return { forward, backward, weightGradient };
}

/** The same work, the last piece of which changes what the chip holds. A piece of no time is added where there is none. */
function holding(layer: LayerWork, work: readonly Work[], keeps: number, keepsFirst = 0): Work[] {
  if (work.length === 0) return keeps === 0 ? [] : [{ ...blank(layer.layer.name, 'input gradient'), keeps }];
  return [...work.slice(0, -1), { ...work.at(-1)!, keeps, keepsFirst }];
}

/** What each layer keeps for its backward: its input, unless a layer of the stage that reads the same keeps it already, and attention's probabilities. A sum needs none of its terms. */
function keptBytes(plan: Plan, layers: readonly LayerWork[]): number[] {
  const seen = new Set<number>();
  return layers.map(({ layer, cost, inputs, scores }) => {
    const op = layer.operation;
    const probabilities = plan.recompute === 'none' ? scores : 0;
    if (op.type === 'optimizer') return 0;
    if (op.type === 'profiled') return cost.outputBytes;
    if (op.type === 'elementwise' && inputs.length > 1) return 0;
    if (inputs.length === 1) {
      if (seen.has(inputs[0]!)) return probabilities;
      seen.add(inputs[0]!);
    }
    return cost.inputBytes + probabilities;
  });
}
