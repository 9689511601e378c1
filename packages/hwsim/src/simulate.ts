import { macEnergy } from './energy/access-energy.ts';
import { energyScale } from './energy/technology.ts';
import { stallFreeWork } from './array/stall-free.ts';
import { shareOf } from './graph/density.ts';
import { gemmShapes } from './graph/gemm-shape.ts';
import { layerCost, type LayerCost } from './graph/layer-cost.ts';
import type { Layer, LayerGraph } from './graph/layer.ts';
import { bitsOf, computeFormat, type Hardware, type Precision } from './hardware/hardware.ts';
import { ringAllReduceTime } from './network/alpha-beta.ts';
import { reportTrace } from './trace/report-trace.ts';
import { requireInteger, requireOneOf } from './validation.ts';

export interface SimulateOptions {
  /** Layers with the batch of one chip in their sizes. */
  readonly model: LayerGraph;
  readonly hardware: Hardware;
  /** Format of weights and activations where a layer doesn't say. */
  readonly precision?: Precision;
  /** Left out: inference. */
  readonly training?: {
    /** Chips that each take a batch of this size and exchange gradients. */
    readonly dataParallel?: number;
    /** Keep activations, or only each layer's input and compute the rest again. */
    readonly recompute?: 'none' | 'full';
    /** ZeRO stage: 0 all copies whole, 1 optimizer state, 2 and gradients, 3 and weights spread over chips. */
    readonly zero?: 0 | 1 | 2 | 3;
    /** Bytes of optimizer state a parameter: 12 for Adam with a single-precision master copy. */
    readonly stateBytes?: number;
  };
}

/** What limits a step. */
export type Limit = 'arithmetic' | 'memory' | 'network' | 'overhead';

/** A stretch of work on one chip. Seconds, joules, bytes. */
export interface Step {
  readonly layer: string;
  readonly kind: 'forward' | 'input gradient' | 'weight gradient' | 'recompute' | 'optimizer' | 'exchange';
  readonly start: number;
  readonly seconds: number;
  readonly limit: Limit;
  readonly macs: number;
  readonly bytes: number;
  readonly arithmeticEnergy: number;
  readonly memoryEnergy: number;
  /** Bytes held on the chip's memory after it. */
  readonly held: number;
}

/** Seconds, joules and bytes of one batch on one chip. */
export interface Report {
  readonly model: string;
  readonly hardware: string;
  readonly precision: Precision;
  readonly chips: number;
  readonly time: number;
  readonly energy: { readonly arithmetic: number; readonly memory: number; readonly idle: number; readonly total: number };
  /** Share of the peak that multiplies. */
  readonly utilisation: number;
  readonly memory: {
    readonly weights: number;
    readonly activations: number;
    readonly gradients: number;
    readonly optimizer: number;
    readonly peak: number;
    readonly fits: boolean;
  };
  readonly steps: readonly Step[];
  /** The steps in the trace-event format, JSON for ui.perfetto.dev. */
  readonly toPerfetto: () => string;
  /** Everything on one HTML page that loads nothing. */
  readonly toHtml: () => Promise<string>;
}

/**
 * What a batch of a model costs on a chip: for each layer the slower of its arithmetic (folded onto systolic arrays where the chip has them) and its memory
 * traffic, plus the chip's overhead; in training also both backward products, the optimizer and a ring all-reduce of the gradients among `dataParallel` chips.
 *
 * time = Σ max(arithmetic, bytes / bandwidth) + overhead. Weights that fit on the chip are still read once a batch. Embedding look-ups read whole memory
 * granules and are limited by how many random reads can be under way.
 *
 * @param options model, chip, precision, training
 * @returns seconds, joules and bytes of one chip, and every step
 * @throws RangeError naming the option or layer at fault
 * @example simulate({ model: layerGraph('mlp', [{ name: 'fc', operation: { type: 'gemm', m: 200, n: 2048, k: 2048 } }]), hardware: hardware('tpu-v1'), precision: 'int8' }).time
 */
export function simulate(options: SimulateOptions): Report {
  const { model, hardware, precision = 'f32', training } = options;
  const chips = requireInteger('training.dataParallel', training?.dataParallel ?? 1);
  const zero = training?.zero ?? 0;
  if (![0, 1, 2, 3].includes(zero)) throw new RangeError(`training.zero is ${String(zero)}, expected 0, 1, 2 or 3`);
  requireOneOf('training.recompute', training?.recompute ?? 'none', ['none', 'full']);
  if (chips > 1 && !hardware.link)
    throw new RangeError(
      `training.dataParallel is ${chips}, but ${hardware.name} has no links in its description; give it a link or use 1`,
    );
  const { format, peak } = computeFormat(hardware, precision);
  const bits = bitsOf[precision];
  const layers = model.layers.map((layer): Layer => ({
    ...layer,
    weights: { bits, ...layer.weights },
    activations: { bits, ...layer.activations },
  }));
  const costs = layers.map(layerCost);
  const parameters = costs.reduce((sum, c) => sum + c.parameters, 0);
  const share = (stage: number): number => (zero >= stage ? chips : 1);
  const weights = costs.reduce((sum, c, i) => sum + storedBytes(layers[i]!, c), 0) / share(3);
  const gradients = training ? (parameters * Math.max(16, bits)) / 8 / share(2) : 0;
  const optimizer = training ? (parameters * (training.stateBytes ?? 12)) / share(1) : 0;
  const steps: Step[] = [];
  let now = 0;
  let held = weights + optimizer;
  let most = held;
  const joulesPerMac =
    macEnergy(format === 'f32' ? 'fp32' : bitsOf[format] <= 8 ? 'int8' : 'fp16') *
    1e-12 *
    energyScale({ nm: 45, volts: 0.9 }, hardware.process);
  const step = (
    layer: string,
    kind: Step['kind'],
    arithmetic: number,
    memory: number,
    macs: number,
    bytes: number,
    keeps: number,
  ): void => {
    const overhead = kind === 'exchange' ? 0 : (hardware.overhead ?? 0);
    const work = Math.max(arithmetic, memory);
    held += keeps;
    most = Math.max(most, held);
    const limit: Limit = kind === 'exchange' ? 'network' : overhead > work ? 'overhead' : arithmetic >= memory ? 'arithmetic' : 'memory';
    steps.push({
      layer,
      kind,
      start: now,
      seconds: work + overhead,
      limit,
      macs,
      bytes,
      arithmeticEnergy: macs * joulesPerMac,
      memoryEnergy: bytes * hardware.memory.energy,
      held,
    });
    now += work + overhead;
  };
  const run = (i: number, kind: Step['kind'], factor: number, keeps: number): void => {
    const [layer, cost] = [layers[i]!, costs[i]!];
    const bytes = cost.inputBytes + cost.outputBytes + cost.weightBytes;
    step(
      layer.name,
      kind,
      factor * arithmeticTime(layer, cost, hardware, peak),
      memoryTime(layer, bytes, hardware),
      factor * usedMacs(layer, cost, hardware),
      bytes,
      keeps,
    );
  };
  const keepsAll = training !== undefined && training.recompute !== 'full';
  const kept = layers.map((layer, i) => (training ? costs[i]!.inputBytes + (keepsAll ? scoreBytes(layer) : 0) : 0));
  layers.forEach((_, i) => run(i, 'forward', 1, kept[i]!));
  const activations = training ? held - weights - optimizer : Math.max(...costs.map((c) => c.inputBytes + c.outputBytes));
  if (!training) most = held + activations;
  if (training) {
    for (let i = layers.length - 1; i >= 0; i--) {
      const { parameters: own } = costs[i]!;
      if (training.recompute === 'full') run(i, 'recompute', 1, 0);
      if (i > 0) run(i, 'input gradient', layers[i]!.operation.type === 'attention' ? 2 : 1, 0);
      if (own > 0) run(i, 'weight gradient', 1, (own * Math.max(16, bits)) / 8 / share(2));
      held -= kept[i]!;
    }
    if (chips > 1) {
      const bytes = (parameters * Math.max(16, bits)) / 8;
      // Stage 3 gathers the weights again for the backward: half as much again.
      const seconds =
        ringAllReduceTime({ devices: chips, bytes, latency: hardware.link!.latency, bandwidth: hardware.link!.bandwidth }) *
        (zero === 3 ? 1.5 : 1);
      step('gradients', 'exchange', seconds, 0, 0, 0, 0);
    }
    const moved = ((parameters * (training.stateBytes ?? 12)) / share(1)) * 2 + gradients + weights;
    step('parameters', 'optimizer', (11 * parameters) / share(1) / hardware.vector, moved / hardware.memory.bandwidth, 0, moved, 0);
  }
  const arithmetic = steps.reduce((sum, s) => sum + s.arithmeticEnergy, 0);
  const memory = steps.reduce((sum, s) => sum + s.memoryEnergy, 0);
  const idle = hardware.watts.idle * now;
  const report: Report = {
    model: model.name,
    hardware: hardware.name,
    precision,
    chips,
    time: now,
    energy: { arithmetic, memory, idle, total: arithmetic + memory + idle },
    utilisation: now === 0 ? 0 : (2 * steps.reduce((sum, s) => sum + s.macs, 0)) / (now * peak),
    memory: { weights, activations, gradients, optimizer, peak: most, fits: most <= hardware.memory.capacity },
    steps,
    toPerfetto: () => JSON.stringify(reportTrace(report)),
    toHtml: async () => (await import('./html/report-html.ts')).reportHtml(report, hardware),
  };
  return report;
}

/** Bytes of a layer's whole weights as stored; an embedding reads few of its rows but keeps all. */
function storedBytes(layer: Layer, cost: LayerCost): number {
  return layer.operation.type === 'embedding'
    ? (cost.parameters * layer.weights!.bits * shareOf(layer.weights!.density)) / 8
    : cost.weightBytes;
}

/** The probabilities of attention, kept for its backward. */
function scoreBytes(layer: Layer): number {
  const op = layer.operation;
  return op.type === 'attention' ? (op.batch * op.heads * op.queryLength * op.keyLength * layer.activations!.bits) / 8 : 0;
}

/** Multiply-accumulates the chip really does: it may not be able to skip a layer's zeros. */
function usedMacs(layer: Layer, cost: LayerCost, hardware: Hardware): number {
  const density = layer.weights?.density;
  const skips = hardware.skips ?? 'none';
  if (!density || density.kind === 'dense' || skips === 'none') return cost.denseMacs;
  if (skips === 'all') return cost.macs;
  return density.kind === 'n:m' && density.m === 4 && density.n <= 2 ? cost.denseMacs / 2 : cost.denseMacs;
}

function arithmeticTime(layer: Layer, cost: LayerCost, hardware: Hardware, peak: number): number {
  const vector = cost.vectorOperations / hardware.vector;
  const share = cost.denseMacs === 0 ? 1 : usedMacs(layer, cost, hardware) / cost.denseMacs;
  if (!hardware.arrays) return vector + (2 * cost.denseMacs * share) / peak;
  const { count, rows, columns, dataflow, clock } = hardware.arrays;
  const shapes = gemmShapes(layer);
  // Several arrays share the folds of a product, or the products of a layer.
  const cycles = shapes.reduce((sum, shape) => sum + stallFreeWork({ rows, columns, dataflow }, shape).cycles * shape.count, 0);
  const nominal = 2 * rows * columns * count * clock;
  return vector + ((cycles * share) / (count * clock)) * Math.max(1, nominal / peak);
}

function memoryTime(layer: Layer, bytes: number, hardware: Hardware): number {
  const { bandwidth, granularity = 1, latency = 0, outstanding = 1 } = hardware.memory;
  if (layer.operation.type !== 'embedding') return bytes / bandwidth;
  const { lookups, columns } = layer.operation;
  const row = (columns * layer.weights!.bits) / 8;
  const read = lookups * Math.ceil(row / granularity) * granularity;
  return Math.max((bytes - lookups * row + read) / bandwidth, (lookups * latency) / outstanding);
}
