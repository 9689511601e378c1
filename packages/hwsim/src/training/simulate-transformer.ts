import { requireInteger, requireOneOf, requireOptions } from '../validation.ts';
import { blockLayers, type BlockLayer } from './block-layers.ts';
import { collectiveTime, efficiencyAt, requireSystem, type TrainingSystem } from './system.ts';
import { requireTransformer, type Transformer, type TransformerPlan } from './transformer.ts';

/** Seconds a training step (or an inference) spends on each thing; they add up to `total`. */
export interface StepTime {
  readonly forward: number;
  readonly backward: number;
  readonly optimizer: number;
  readonly recompute: number;
  /** Tensor-parallel exchanges done again for recomputation. */
  readonly reexchange: number;
  readonly bubble: number;
  readonly tensorExchange: number;
  readonly pipelineTransfer: number;
  readonly dataExchange: number;
  readonly total: number;
}

/** Bytes on each processor. */
export interface ProcessorMemory {
  readonly weights: number;
  readonly activations: number;
  readonly checkpoints: number;
  readonly weightGradients: number;
  readonly activationGradients: number;
  readonly optimizer: number;
  readonly total: number;
}

/** One block and one micro-batch on one processor; the exchange times and sizes of an inner block. */
export interface BlockCost {
  readonly forwardOperations: number;
  readonly forwardBytes: number;
  readonly forwardTime: number;
  readonly recomputeTime: number;
  readonly inputGradientOperations: number;
  readonly inputGradientBytes: number;
  readonly inputGradientTime: number;
  readonly weightGradientOperations: number;
  readonly weightGradientBytes: number;
  readonly weightGradientTime: number;
  readonly optimizerOperations: number;
  readonly optimizerTime: number;
  readonly forwardExchangeTime: number;
  readonly backwardExchangeTime: number;
  readonly reexchangeTime: number;
}

export interface TransformerRun {
  readonly time: StepTime;
  readonly memory: ProcessorMemory;
  readonly block: BlockCost;
  /** Operations of one block and micro-batch that would also be there on one processor. */
  readonly usefulOperations: number;
  /** Of the compute time, the share at peak; of the total, the share computing; their product. */
  readonly computeEfficiency: number;
  readonly systemEfficiency: number;
  readonly totalEfficiency: number;
  /** Samples a second. */
  readonly sampleRate: number;
}

const bytesOf: Readonly<Record<string, number>> = { float8: 1, float16: 2, bfloat16: 2, float32: 4 };

/**
 * One step of a transformer on many processors with data, tensor and pipeline parallelism together, by Calculon's model (Isaev et al., SC 2023):
 * each operation of a block takes its arithmetic and its memory time, 1F1B with interleaving leaves (p − 1) chunk times of bubble and (v − 1) more for each
 * micro-batch short of a multiple of p, tensor-parallel exchanges aren't hidden, gradients are exchanged after the backward.
 *
 * @param model sizes of the transformer
 * @param plan parallelism, batch, recomputation
 * @param system engines, memory, networks
 * @param options.checkMemory false returns what doesn't fit too
 * @returns seconds, bytes, efficiencies
 * @throws RangeError naming what doesn't divide or doesn't fit
 * @example simulateTransformer(readCalculonModel(model), readCalculonExecution(execution), readCalculonSystem(system)).time.total // seconds
 */
export function simulateTransformer(
  model: Transformer,
  plan: TransformerPlan,
  system: TrainingSystem,
  options: { checkMemory?: boolean } = {},
): TransformerRun {
  const { checkMemory = true } = requireOptions(options);
  requireTransformer(model);
  requireOptions(plan, 'plan');
  requireSystem(system);
  const {
    tensorParallel: t,
    pipelineParallel: p,
    dataParallel: d,
    interleaving: v = 1,
    training = true,
    recompute,
    optimizerSharding = false,
    tensorCommunication = 'allReduce',
  } = plan;
  const bytes = requirePlan(model, plan, system);
  const microBatches = plan.batch / d / plan.microBatch;
  const blocksEach = Math.ceil(model.blocks / p);
  const missingBlocks = (p - (model.blocks % p)) % p;
  const blocksPerChunk = blocksEach / v;
  const shard = optimizerSharding ? d : 1;
  const tensorNetwork = system.networks[plan.tensorNetwork]!;
  const pipelineNetwork = system.networks[plan.pipelineNetwork]!;
  const dataNetwork = system.networks[plan.dataNetwork]!;
  const layers = blockLayers(model, plan, bytes);
  const combine = (arithmetic: number, memory: number): number =>
    system.overlap === 'max' ? Math.max(arithmetic, memory) : arithmetic + memory;
  const work = (engine: 'matrix' | 'vector', operations: number, moved: number): number => {
    const { peak, efficiency } = system[engine][plan.dataType]!;
    return combine(
      operations / (peak * efficiencyAt(efficiency, operations)),
      moved / (system.memory.bandwidth * efficiencyAt(system.memory.efficiency, moved)),
    );
  };
  /** Exchange time of a layer; `edge`: the last block of a chunk, where sliced sends split the all-reduce. */
  const exchange = (layer: BlockLayer, stage: 'forward' | 'backward' | 'again', edge: boolean): number => {
    const { communication } = layer;
    if (!communication || t === 1 || (stage === 'again' && !communication.again)) return 0;
    const splits = tensorCommunication === 'sequence' || (tensorCommunication === 'slicedSend' && edge);
    const forwards = stage !== 'backward';
    const [operations, moved] =
      stage === 'forward'
        ? [layer.forwardOperations, layer.forwardBytes]
        : stage === 'backward'
          ? [layer.inputGradientOperations, layer.inputGradientBytes]
          : [0, 0];
    const own = work('vector', operations, moved);
    if (splits)
      return (
        collectiveTime(tensorNetwork, communication.gathers === forwards ? 'allGather' : 'reduceScatter', communication.bytes, t) + own
      );
    return (communication.gathers === forwards ? 0 : collectiveTime(tensorNetwork, 'allReduce', communication.bytes, t)) + own;
  };
  const sum = (of: (layer: BlockLayer) => number): number => layers.reduce((total, layer) => total + of(layer), 0);
  const computes = (layer: BlockLayer): boolean => layer.communication === undefined;
  const inTraining = (value: number): number => (training ? value : 0);
  const optimizerBytes = (layer: BlockLayer): number => ((bytes < 4 ? layer.weights * 4 : 0) + 2 * layer.weights * 4) / shard;
  const optimizerOperations = (layer: BlockLayer): number => (layer.weights / shard) * 11;
  const block: BlockCost = {
    forwardOperations: sum((l) => l.forwardOperations),
    forwardBytes: sum((l) => l.forwardBytes),
    forwardTime: sum((l) => (computes(l) ? work(l.engine, l.forwardOperations, l.forwardBytes) : 0)),
    recomputeTime: inTraining(sum((l) => (computes(l) && l.recomputed ? work(l.engine, l.forwardOperations, l.forwardBytes) : 0))),
    inputGradientOperations: inTraining(sum((l) => l.inputGradientOperations)),
    inputGradientBytes: inTraining(sum((l) => l.inputGradientBytes)),
    inputGradientTime: inTraining(sum((l) => (computes(l) ? work(l.engine, l.inputGradientOperations, l.inputGradientBytes) : 0))),
    weightGradientOperations: inTraining(sum((l) => l.weightGradientOperations)),
    weightGradientBytes: inTraining(sum((l) => l.weightGradientBytes)),
    weightGradientTime: inTraining(sum((l) => (computes(l) ? work(l.engine, l.weightGradientOperations, l.weightGradientBytes) : 0))),
    optimizerOperations: inTraining(sum(optimizerOperations)),
    optimizerTime: inTraining(sum((l) => (computes(l) ? work('vector', optimizerOperations(l), optimizerBytes(l)) : 0))),
    forwardExchangeTime: sum((l) => exchange(l, 'forward', false)),
    backwardExchangeTime: inTraining(sum((l) => exchange(l, 'backward', false))),
    reexchangeTime: inTraining(sum((l) => exchange(l, 'again', false))),
  };
  const edge = {
    forward: sum((l) => exchange(l, 'forward', true)),
    backward: inTraining(sum((l) => exchange(l, 'backward', true))),
    again: inTraining(sum((l) => exchange(l, 'again', true))),
  };
  const sentBytes =
    p === 1
      ? 0
      : (tensorCommunication === 'allReduce' ? plan.microBatch * model.sequence : Math.floor((plan.microBatch * model.sequence) / t)) *
        model.hidden *
        bytes;
  const send = collectiveTime(pipelineNetwork, 'p2p', sentBytes, 2);
  const sendBack = collectiveTime(pipelineNetwork, 'p2p', inTraining(sentBytes), 2);
  const perChunk = (inner: number, last: number): number => (blocksPerChunk - 1) * inner + last;
  const blockBackward = block.recomputeTime + block.inputGradientTime + block.weightGradientTime;
  const inner = {
    forward: block.forwardTime + block.forwardExchangeTime,
    backward: blockBackward + block.reexchangeTime + block.backwardExchangeTime,
  };
  const last = { forward: block.forwardTime + edge.forward + send, backward: blockBackward + edge.again + edge.backward + sendBack };
  const chunk = perChunk(inner.forward, last.forward) + perChunk(inner.backward, last.backward);
  const shortage = microBatches % p === 0 ? 0 : p - (microBatches % p);
  const missing =
    missingBlocks *
    (blocksPerChunk > 1 ? (inner.forward + last.forward + inner.backward + last.backward) / 2 : last.forward + last.backward);
  const weightBytes = sum((l) => l.weights * bytes);
  const blockDataExchange =
    d === 1 || !training
      ? 0
      : optimizerSharding
        ? collectiveTime(dataNetwork, 'reduceScatter', weightBytes, d) + collectiveTime(dataNetwork, 'allGather', weightBytes, d)
        : collectiveTime(dataNetwork, 'allReduce', weightBytes, d);
  const times = blocksEach * microBatches;
  const parts = {
    forward: times * block.forwardTime,
    backward: times * block.inputGradientTime + times * block.weightGradientTime,
    optimizer: blocksEach * block.optimizerTime,
    recompute: times * block.recomputeTime,
    reexchange: microBatches * v * perChunk(block.reexchangeTime, edge.again),
    bubble: (p - 1) * chunk + ((v - 1) * shortage * chunk - missing),
    tensorExchange:
      microBatches * v * perChunk(block.forwardExchangeTime, edge.forward) +
      microBatches * v * perChunk(block.backwardExchangeTime, edge.backward),
    pipelineTransfer: p === 1 ? 0 : microBatches * v * send + inTraining(microBatches * v * sendBack),
    dataExchange: blocksEach * blockDataExchange,
  };
  const total = Object.values(parts).reduce((a, b) => a + b, 0);
  const memory = memoryOf();
  if (checkMemory && memory.total > system.memory.capacity)
    throw new RangeError(
      `a processor needs ${(memory.total / 2 ** 30).toFixed(1)} GiB and has ${(system.memory.capacity / 2 ** 30).toFixed(1)}; use more tensor or pipeline parallelism, recomputation or optimizer sharding`,
    );
  const useful = block.forwardOperations + block.inputGradientOperations + block.weightGradientOperations + block.optimizerOperations;
  const compute = parts.forward + parts.backward + parts.optimizer;
  const perfect = (times * useful) / system.matrix[plan.dataType]!.peak;
  return {
    time: { ...parts, total },
    memory,
    block,
    usefulOperations: useful,
    computeEfficiency: perfect / compute,
    systemEfficiency: compute / total,
    totalEfficiency: perfect / total,
    sampleRate: plan.batch / total,
  };

  function memoryOf(): ProcessorMemory {
    const working = sum((l) => (l.reused ? 0 : l.activationBytes));
    const stored =
      recompute === 'full'
        ? 0
        : sum((l) => (l.storesActivation || !training ? l.activationBytes : 0) - (l.storesOutput || !training ? 0 : l.outputBytes));
    const inFlight = Math.min(microBatches, p) * (v > 1 ? 1 + (p - 1) / (v * p) : 1);
    const gradients = sum((l) => (l.weights * bytes) / shard);
    const whole = sum((l) => l.weights * 4);
    const parts_ = {
      weights: weightBytes * blocksEach,
      activations: training && recompute !== 'full' ? working + stored * (blocksEach * inFlight - 1) : working,
      checkpoints: training && recompute === 'full' ? blocksEach * plan.microBatch * model.sequence * model.hidden * bytes * inFlight : 0,
      weightGradients: inTraining(blocksEach === 1 ? whole : whole + gradients * (blocksEach - 1)),
      activationGradients: inTraining(sum((l) => l.activationGradientBytes)),
      optimizer: inTraining(sum(optimizerBytes) * blocksEach),
    };
    return { ...parts_, total: Object.values(parts_).reduce((a, b) => a + b, 0) };
  }
}

/** Checks that everything divides and exists; returns the bytes of an element. */
function requirePlan(model: Transformer, plan: TransformerPlan, system: TrainingSystem): number {
  for (const field of ['tensorParallel', 'pipelineParallel', 'dataParallel', 'batch', 'microBatch'] as const)
    requireInteger(`plan.${field}`, plan[field]);
  requireOneOf('plan.recompute', plan.recompute, ['none', 'attention', 'full']);
  const { tensorParallel: t, pipelineParallel: p, dataParallel: d, interleaving: v = 1 } = plan;
  const divides = (name: string, value: number, by: string, divisor: number): void => {
    if (value % divisor !== 0) throw new RangeError(`${name} is ${value}, expected a multiple of ${by} ${divisor}`);
  };
  for (const field of ['hidden', 'feedforward', 'heads'] as const) divides(`model.${field}`, model[field], 'plan.tensorParallel', t);
  divides('plan.batch', plan.batch, 'plan.dataParallel', d);
  divides('the batch of a copy', plan.batch / d, 'plan.microBatch', plan.microBatch);
  requireInteger('plan.interleaving', v);
  if (p === 1 && v > 1) throw new RangeError(`plan.interleaving is ${v}, expected 1 without pipeline parallelism`);
  if (p > model.blocks) throw new RangeError(`plan.pipelineParallel is ${p}, expected at most the model's ${model.blocks} blocks`);
  divides('blocks a processor', Math.ceil(model.blocks / p), 'plan.interleaving', v);
  if (plan.tensorCommunication !== undefined && plan.tensorCommunication !== 'allReduce')
    divides('tokens of a micro-batch', plan.microBatch * model.sequence, 'plan.tensorParallel', t);
  if (plan.optimizerSharding && d === 1) throw new RangeError('plan.optimizerSharding needs more than one data-parallel copy');
  const bytes = bytesOf[plan.dataType];
  if (bytes === undefined || !system.matrix[plan.dataType] || !system.vector[plan.dataType])
    throw new RangeError(
      `plan.dataType is ${JSON.stringify(plan.dataType)}, expected one the system has: ${Object.keys(system.matrix).join(', ')}`,
    );
  const used = system.networks.map(() => 1);
  for (const [name, tier, members] of [
    ['tensorNetwork', plan.tensorNetwork, t],
    ['pipelineNetwork', plan.pipelineNetwork, p],
    ['dataNetwork', plan.dataNetwork, d],
  ] as const) {
    if (!system.networks[tier])
      throw new RangeError(`plan.${name} is ${tier}, expected one of the system's ${system.networks.length} networks`);
    used[tier]! *= members;
  }
  system.networks.forEach((network, i) => {
    if (used[i]! > network.size) throw new RangeError(`network ${i} joins ${network.size} processors, ${used[i]} are asked for`);
    if (used[i]! > 1 && network.mustBeFilled && network.size % used[i]! !== 0)
      throw new RangeError(`network ${i} joins ${network.size} processors and must be filled; ${used[i]} don't divide it`);
  });
  return bytes;
}
