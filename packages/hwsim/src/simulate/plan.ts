import { topologicalOrder, predecessors } from '../graph/layer-graph.ts';
import { withBatch } from '../graph/rescale.ts';
import { formatted, type FormattedGraph, type Layer, type LayerGraph } from '../graph/layer.ts';
import { bitsOf, computeFormat, readHardware, type Hardware, type Precision } from '../hardware/hardware.ts';
import { namedSchedules, scheduleNames, type NamedSchedule, type ScheduleName } from '../pipeline/named-schedules.ts';
import type { Schedule } from '../pipeline/schedule.ts';
import { requireInteger, requireNumber, requireOneOf, requireOptions } from '../validation.ts';
import type { Parallel } from './exchange.ts';

/** How a batch is spread over chips. */
export interface SpreadOptions {
  /** Samples of one step over all chips. Left out: the model's own batch for every copy and micro-batch. */
  readonly batch?: number;
  /** Parts of a copy's batch that go through one behind another. Default: what keeps the model's own batch, or 4 for each pipeline stage. */
  readonly microBatches?: number;
  /** Chips by what they do; left out, all of them are data parallel. Experts are divided among data-parallel chips. */
  readonly parallel?: Partial<Parallel>;
  /** Format of weights and activations where a layer doesn't say; that beside `training` when left out. */
  readonly precision?: Precision;
  /** How many layers each pipeline stage has, in topological order. Default: what makes the slowest stage fastest. */
  readonly stages?: readonly number[];
}

/** A training step. */
export interface TrainingOptions extends SpreadOptions {
  /** Order of the passes: by name, or any schedule as data. Default 1F1B. */
  readonly schedule?: ScheduleName | Schedule;
  /** Keep activations; or all but attention's probabilities; or only what √n segments of a stage begin with, and compute the rest again. */
  readonly recompute?: 'none' | 'attention' | 'full';
  /** ZeRO stage: 0 all copies whole, 1 optimizer state, 2 and gradients, 3 and weights spread over data-parallel chips. */
  readonly zero?: 0 | 1 | 2 | 3;
  /** Bytes of optimizer state a parameter: 12 for Adam with a single-precision master copy. */
  readonly stateBytes?: number;
}

export interface SimulateOptions {
  readonly model: LayerGraph;
  /** A chip, or many: `chips` says how many. */
  readonly hardware: Hardware;
  /** Format of weights and activations where a layer doesn't say. Default f32. */
  readonly precision?: Precision;
  /** A training step; left out, inference. */
  readonly training?: TrainingOptions;
  /** How inference is spread; left out, on one chip. */
  readonly inference?: SpreadOptions;
}

/** Options with everything decided. */
export interface Plan {
  /** One micro-batch on one copy, in topological order, formats filled in. */
  readonly graph: FormattedGraph;
  readonly hardware: Hardware;
  readonly precision: Precision;
  readonly format: Precision;
  readonly peak: number;
  readonly parallel: Parallel;
  readonly chips: number;
  readonly microBatches: number;
  /** Of one step over all chips. */
  readonly samples: number;
  readonly training: boolean;
  readonly schedule: NamedSchedule | Schedule;
  /** Stages of the whole model. */
  readonly stages: number;
  readonly layersOfStages: readonly number[] | undefined;
  readonly weightPasses: boolean;
  readonly recompute: 'none' | 'attention' | 'full';
  readonly zero: 0 | 1 | 2 | 3;
  readonly stateBytes: number;
}

/** @throws RangeError naming the option at fault, its value and the remedy */
export function planOf(options: SimulateOptions): Plan {
  const { model, hardware: described, training, inference } = requireOptions(options);
  if (!Array.isArray(model?.layers)) throw new RangeError(`model is ${JSON.stringify(model)}, expected a graph; make it with layerGraph`);
  const hardware = readHardware(described);
  if (training && inference) throw new RangeError('training and inference are both given; simulate them one after the other');
  const where = training ? 'training' : 'inference';
  const spread: TrainingOptions = requireOptions(training ?? inference ?? {}, where);
  const { recompute = 'none', zero = 0, stateBytes = 12, schedule = '1f1b' } = spread;
  const precision = spread.precision ?? options.precision ?? 'f32';
  if (![0, 1, 2, 3].includes(zero)) throw new RangeError(`training.zero is ${String(zero)}, expected 0, 1, 2 or 3`);
  requireOneOf('training.recompute', recompute, ['none', 'attention', 'full']);
  requireNumber('training.stateBytes', stateBytes);
  const { parallel, chips } = parallelOf(where, spread.parallel, hardware);
  const { format, peak } = computeFormat(hardware, precision);
  const { graph, microBatches, samples } = batchOf(where, model, spread, parallel);
  const bits = bitsOf[precision];
  const named = typeof schedule === 'string' ? namedSchedules[requireOneOf('training.schedule', schedule, scheduleNames)] : undefined;
  const given = named ? undefined : checkedSchedule(schedule as Schedule, parallel.pipeline, microBatches);
  const stages = named ? named.stagesPerDevice * parallel.pipeline : given!.stages;
  return {
    graph: {
      ...graph,
      layers: sorted(graph).map((layer) => formatted(layer, bits)),
    },
    hardware,
    precision,
    format,
    peak,
    parallel,
    chips,
    microBatches,
    samples,
    training: training !== undefined,
    schedule: named ?? given!,
    stages: training ? stages : parallel.pipeline,
    layersOfStages: spread.stages,
    weightPasses: named ? named.weightPasses : given!.kinds.includes('W'),
    recompute,
    zero,
    stateBytes,
  };
}

function parallelOf(where: string, given: Partial<Parallel> = {}, hardware: Hardware): { parallel: Parallel; chips: number } {
  const of = (kind: keyof Parallel): number => requireInteger(`${where}.parallel.${kind}`, given[kind] ?? 1);
  const [tensor, pipeline, expert] = [of('tensor'), of('pipeline'), of('expert')];
  const all = requireInteger('hardware.chips', hardware.chips ?? 1);
  const data = given.data === undefined ? Math.max(1, Math.floor(all / (tensor * pipeline))) : of('data');
  const chips = data * tensor * pipeline;
  if (hardware.chips !== undefined && chips !== hardware.chips)
    throw new RangeError(
      `${where}.parallel uses data ${data} x tensor ${tensor} x pipeline ${pipeline} = ${chips} chips, but the hardware has ${hardware.chips}; make them equal`,
    );
  if (data % expert !== 0)
    throw new RangeError(
      `${where}.parallel.expert is ${expert}, expected a divisor of the ${data} data-parallel chips, which experts are divided among`,
    );
  if (chips > 1 && !hardware.link)
    throw new RangeError(
      `${where}.parallel is ${chips} chips, but ${hardware.name} has no links in its description; give it a link or use 1`,
    );
  return { parallel: { data, tensor, pipeline, expert }, chips };
}

function batchOf(
  where: string,
  model: LayerGraph,
  { batch, microBatches: wanted }: SpreadOptions,
  { data, pipeline }: Parallel,
): { graph: LayerGraph; microBatches: number; samples: number } {
  const own = model.batch ?? 1;
  if (batch === undefined) {
    const microBatches = requireInteger(`${where}.microBatches`, wanted ?? (pipeline === 1 ? 1 : 4 * pipeline));
    return { graph: model, microBatches, samples: own * data * microBatches };
  }
  requireInteger(`${where}.batch`, batch);
  // Enough micro-batches to fill a pipeline, as large as the model was described for when that comes out even.
  const kept = batch / (data * own);
  const microBatches = requireInteger(
    `${where}.microBatches`,
    wanted ?? (pipeline === 1 ? 1 : Number.isInteger(kept) && kept >= pipeline ? kept : 4 * pipeline),
  );
  const each = batch / (data * microBatches);
  if (!Number.isInteger(each))
    throw new RangeError(
      `${where}.batch is ${batch}, which ${data} data-parallel copies of ${microBatches} micro-batches don't divide; make it a multiple of ${data * microBatches} or give other microBatches`,
    );
  return { graph: withBatch(model, each), microBatches, samples: batch };
}

/** Layers in topological order, each naming what it reads. */
function sorted(graph: LayerGraph): Layer[] {
  const before = predecessors(graph);
  return topologicalOrder(before, (i) => graph.layers[i]!.name).map((i) => ({
    ...graph.layers[i]!,
    inputs: before[i]!.map((from) => graph.layers[from]!.name),
  }));
}

function checkedSchedule(schedule: Schedule, devices: number, microBatches: number): Schedule {
  if (schedule.devices !== devices || schedule.microBatches !== microBatches)
    throw new RangeError(
      `training.schedule has ${schedule.devices} devices and ${schedule.microBatches} micro-batches, expected parallel.pipeline ${devices} and microBatches ${microBatches}`,
    );
  if (!schedule.kinds.every((kind) => ['F', 'B', 'W'].includes(kind)) || !schedule.kinds.includes('B'))
    throw new RangeError(
      `training.schedule has passes ${schedule.kinds.join(', ')}, expected F and B, perhaps W; simulate others with simulatePipeline`,
    );
  return schedule;
}
