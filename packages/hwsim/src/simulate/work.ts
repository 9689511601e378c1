import { macEnergy } from '../energy/access-energy.ts';
import { energyScale } from '../energy/technology.ts';
import { shareOf } from '../graph/density.ts';
import { layerCost, ofActivations, type LayerCost } from '../graph/layer-cost.ts';
import type { FormattedLayer } from '../graph/layer.ts';
import { bitsOf } from '../hardware/hardware.ts';
import type { DividedLayer } from './divide-layers.ts';
import { exchangeTime, groupOf, type Exchange } from './exchange.ts';
import { arithmeticTime, memoryTime, usedMacs } from './layer-time.ts';
import type { Plan } from './plan.ts';

/** What limits a step. */
export type Limit = 'arithmetic' | 'memory' | 'network' | 'overhead' | 'measured';

export type StepKind = 'forward' | 'input gradient' | 'weight gradient' | 'recompute' | 'optimizer' | 'exchange';

/** One piece of work on one chip. Seconds, joules, bytes. */
export interface Work {
  readonly layer: string;
  readonly kind: StepKind;
  readonly seconds: number;
  readonly limit: Limit;
  readonly macs: number;
  /** Through the chip's memory. */
  readonly bytes: number;
  /** Buffer of an exchange with other chips. */
  readonly exchanged: number;
  readonly arithmeticEnergy: number;
  readonly memoryEnergy: number;
  /** By how much it changes what the chip holds, and by how much more the first time. */
  readonly keeps: number;
  readonly keepsFirst: number;
}

/** A layer of the model on one chip, ready to be put into passes. */
export interface LayerWork {
  readonly layer: FormattedLayer;
  readonly cost: LayerCost;
  readonly inputs: readonly number[];
  readonly parameters: number;
  readonly expert: boolean;
  /** Bytes of all its weights as stored. */
  readonly weightBytes: number;
  readonly gradientBytes: number;
  /** Bytes of attention's probabilities. */
  readonly scores: number;
  readonly forward: readonly Work[];
  readonly recompute: readonly Work[];
  readonly inputGradient: readonly Work[];
  readonly weightGradient: readonly Work[];
}

/** Seconds and joules of every layer of a plan on one chip, for one micro-batch. */
export function layerWorks(plan: Plan, divided: readonly DividedLayer[]): LayerWork[] {
  const { hardware, zero, parallel } = plan;
  return divided.map((entry): LayerWork => {
    const { layer, inputs, expert } = entry;
    const cost = layerCost(layer);
    const { parameters } = cost;
    const weightBytes = storedBytes(layer, cost);
    const gradientBytes = (parameters * gradientBits(plan)) / 8;
    const op = layer.operation;
    const piece = (kind: StepKind, factor: number): Work[] => {
      const bytes = cost.inputBytes + cost.outputBytes + cost.weightBytes;
      if (op.type === 'profiled') {
        const seconds = kind === 'forward' || kind === 'recompute' ? op.forward : op.backward / (parameters > 0 ? 2 : 1);
        return [{ ...blank(layer.name, kind), seconds, limit: 'measured' }];
      }
      const arithmetic = factor * arithmeticTime(layer, cost, hardware, plan.peak);
      const memory = memoryTime(layer, bytes, hardware);
      const overhead = hardware.overhead ?? 0;
      const work = Math.max(arithmetic, memory);
      const macs = factor * usedMacs(layer, cost, hardware);
      return [
        {
          ...blank(layer.name, kind),
          seconds: work + overhead,
          limit: overhead > work ? 'overhead' : arithmetic >= memory ? 'arithmetic' : 'memory',
          macs,
          bytes,
          arithmeticEnergy: macs * joulesPerMac(plan),
          memoryEnergy: bytes * hardware.memory.energy,
        },
      ];
    };
    const exchanges = (list: readonly Exchange[]): Work[] => list.map((exchange) => exchangeWork(layer.name, exchange, plan));
    // ZeRO's gathers and scatters of this layer's weights and gradients among its copies.
    const among = (collective: Exchange['collective'], bytes: number): Work[] =>
      parameters === 0 || copies(expert, parallel) === 1
        ? []
        : [exchangeWork(layer.name, { collective, group: 'data', bytes }, plan, expert)];
    const gather = zero === 3 ? among('all-gather', weightBytes) : [];
    const scatter = zero >= 2 ? among('reduce-scatter', gradientBytes) : [];
    const attentionAgain = plan.recompute === 'attention' && op.type === 'attention';
    const first = inputs.length === 0;
    const isOptimizer = op.type === 'optimizer';
    // What is divided is gathered before the work; sums are exchanged after it; experts' tokens travel there before and back after.
    const [before, after] = [
      entry.forward.filter(({ collective }, at) => collective === 'all-gather' || (collective === 'all-to-all' && at === 0)),
      entry.forward.filter(({ collective }, at) => collective !== 'all-gather' && !(collective === 'all-to-all' && at === 0)),
    ];
    const again = plan.recompute === 'full' || attentionAgain;
    const forwardWith = (kind: 'forward' | 'recompute'): Work[] => [...exchanges(before), ...piece(kind, 1), ...exchanges(after)];
    return {
      layer,
      cost,
      inputs,
      parameters,
      expert,
      weightBytes,
      gradientBytes,
      scores: scoreBytes(layer),
      forward: [...gather, ...forwardWith('forward')],
      recompute: again && !isOptimizer ? [...gather, ...forwardWith('recompute')] : [],
      inputGradient: isOptimizer
        ? []
        : [...gather, ...exchanges(entry.backward), ...(first ? [] : piece('input gradient', ofActivations(op) ? 2 : 1))],
      weightGradient: parameters > 0 && !isOptimizer ? [...piece('weight gradient', 1), ...scatter] : [],
    };
  });
}

/** Work of no time that holds nothing. */
export function blank(layer: string, kind: StepKind): Work {
  return {
    layer,
    kind,
    seconds: 0,
    limit: 'arithmetic',
    macs: 0,
    bytes: 0,
    exchanged: 0,
    arithmeticEnergy: 0,
    memoryEnergy: 0,
    keeps: 0,
    keepsFirst: 0,
  };
}

/** Copies of a layer's weights. */
export function copies(expert: boolean, parallel: Plan['parallel']): number {
  return expert ? parallel.data / parallel.expert : parallel.data;
}

export function gradientBits({ precision }: Plan): number {
  return Math.max(16, bitsOf[precision]);
}

export function exchangeWork(name: string, exchange: Exchange, { hardware, parallel }: Plan, expert = false): Work {
  const { members, span } = groupOf(exchange.group, parallel);
  const seconds = exchangeTime(exchange, hardware, exchange.group === 'data' ? copies(expert, parallel) : members, span);
  return { ...blank(name, 'exchange'), seconds, limit: 'network', exchanged: exchange.bytes };
}

function joulesPerMac({ format, hardware }: Plan): number {
  return (
    macEnergy(format === 'f32' ? 'fp32' : bitsOf[format] <= 8 ? 'int8' : 'fp16') *
    1e-12 *
    energyScale({ nm: 45, volts: 0.9 }, hardware.process)
  );
}

/** Bytes of a layer's whole weights as stored; an embedding reads few of its rows but keeps all. */
function storedBytes(layer: FormattedLayer, cost: LayerCost): number {
  return layer.operation.type === 'embedding'
    ? (cost.parameters * layer.weights.bits * shareOf(layer.weights.density)) / 8
    : cost.weightBytes;
}

/** The probabilities of attention. */
function scoreBytes(layer: FormattedLayer): number {
  const op = layer.operation;
  return op.type === 'attention' ? (op.batch * op.heads * op.queryLength * op.keyLength * layer.activations.bits) / 8 : 0;
}
