import { simulatePipeline, type PipelineRun } from '../pipeline/simulate-pipeline.ts';
import { passOf, requirePipeline, type Schedule } from '../pipeline/schedule.ts';
import { reportTrace } from '../trace/report-trace.ts';
import { closingWork, deviceState } from './closing.ts';
import { mostHeld } from './device-memory.ts';
import { divideLayers } from './divide-layers.ts';
import { linkAcross } from './exchange.ts';
import { stageWorks, type StageWork } from './passes.ts';
import { planOf, type Plan, type SimulateOptions } from './plan.ts';
import type { ChipMemory, DeviceReport, Report, Step, Stretch, TimedPass } from './report.ts';
import { layerWorks, type Work } from './work.ts';

/**
 * What a batch or a training step of a model costs on one chip or on many: data, tensor, pipeline and expert parallelism together, ZeRO, recomputation, any
 * pipeline schedule, stages as uneven as the layers make them.
 *
 * Each layer takes the slower of its arithmetic (folded onto systolic arrays where the chip has them) and its memory traffic, plus the chip's overhead; exchanges
 * take their alpha-beta form on the links of their group; passes and transfers are played through the schedule; then gradients are exchanged and
 * parameters updated. time = makespan + exchange + update; a layer = max(arithmetic, bytes / bandwidth) + overhead.
 *
 * Not modelled: exchanges that overlap with arithmetic, transfers that queue for a link, caches that keep weights from one layer to the next. Embedding
 * look-ups read whole memory granules and are limited by how many random reads can be under way.
 *
 * @param options model, chip or chips, precision, training or inference
 * @returns seconds, joules, bytes, utilisation; every step; trace and page
 * @throws RangeError naming the option or layer at fault
 * @example simulate({ model: layerGraph('mlp', [{ name: 'fc', operation: { type: 'gemm', m: 200, n: 2048, k: 2048 } }]), hardware: hardware('tpu-v1'), precision: 'int8' }).time
 */
export function simulate(options: SimulateOptions): Report {
  const plan = planOf(options);
  const { hardware, parallel, microBatches, training } = plan;
  requirePipeline(plan.stages, microBatches, plan.weightPasses ? 3 : 2);
  const stages = stageWorks(plan, layerWorks(plan, divideLayers(plan.graph, parallel)));
  const run = playedPipeline(plan, stages);
  const { schedule } = run;
  const stagesOn = schedule.order.map((passes) =>
    [...new Set(Array.from(passes, (id) => passOf(schedule, id).stage))].toSorted((a, b) => a - b),
  );
  const holders = stages.map((_, s) => stagesOn.filter((own) => own.includes(s)).length);
  const closing = stagesOn.map((own) =>
    training
      ? closingWork(
          plan,
          own.map((s) => stages[s]!),
          holders[own[0] ?? 0]!,
        )
      : [],
  );
  const devices = schedule.order.map((passes, d): DeviceReport => {
    const after = secondsOf(closing[d]!);
    return { stages: stagesOn[d]!, busy: run.busy[d]! + after, closing: after, memory: memoryOf(plan, stages, stagesOn[d]!, run, passes) };
  });
  const time = schedule.order.reduce((most, passes, d) => Math.max(most, endOf(run, passes) + devices[d]!.closing), 0);
  const steps = stepsOf(plan, stages, closing, stagesOn, holders);
  const replicas = parallel.data * parallel.tensor;
  const total = (of: (step: Step) => number): number => replicas * steps.reduce((sum, step) => sum + of(step) * step.times, 0);
  const [arithmetic, memory] = [total((s) => s.arithmeticEnergy), total((s) => s.memoryEnergy)];
  const idle = hardware.watts.idle * time * plan.chips;
  const fullest = devices.reduce((a, b) => (b.memory.peak > a.memory.peak ? b : a));
  const exchanging = exchangeTimes(run, stages, closing);
  const report: Report = {
    model: plan.graph.name,
    hardware: hardware.name,
    precision: plan.precision,
    training,
    chips: plan.chips,
    parallel,
    microBatches,
    samples: plan.samples,
    schedule: schedule.name,
    time,
    energy: { arithmetic, memory, idle, total: arithmetic + memory + idle, atFullPower: hardware.watts.busy * time * plan.chips },
    utilisation: time === 0 ? 0 : (2 * total((s) => s.macs)) / (time * plan.peak * plan.chips),
    bubble: run.bubble,
    exchange: time === 0 ? 0 : Math.max(...exchanging) / time,
    memory: fullest.memory,
    stages: stages.map((stage, s) => ({
      layers: stage.layers.map(({ layer }) => layer.name),
      forward: secondsOf(stage.forward),
      backward: secondsOf(stage.backward),
      weightGradient: secondsOf(stage.weightGradient),
      transfer: s < stages.length - 1 ? transferTime(plan, stage) : 0,
    })),
    devices,
    steps,
    passes: () => timedPasses(run),
    timeline: () => timeline(run, stages, closing, devices),
    toPerfetto: () => JSON.stringify(reportTrace(report)),
    toHtml: async () => (await import('../html/report-html.ts')).reportHtml(report, hardware),
  };
  return report;
}

/** Seconds each device exchanges with others. */
function exchangeTimes(run: PipelineRun, stages: readonly StageWork[], closing: readonly (readonly Work[])[]): number[] {
  const { order, microBatches } = run.schedule;
  const of = (work: readonly Work[]): number => secondsOf(work.filter(({ kind }) => kind === 'exchange'));
  // Passes of a stage and kind all do the same.
  const known = new Map<number, number>();
  return order.map((passes, d) => {
    let sum = of(closing[d]!);
    for (const id of passes) {
      const row = Math.floor(id / microBatches);
      let seconds = known.get(row);
      if (seconds === undefined) known.set(row, (seconds = of(workOf(run, stages, id))));
      sum += seconds;
    }
    return sum;
  });
}

function secondsOf(work: readonly Work[]): number {
  return work.reduce((sum, w) => sum + w.seconds, 0);
}

function transferTime({ hardware, parallel }: Plan, { sends }: StageWork): number {
  if (parallel.pipeline === 1) return 0;
  const { bandwidth, latency } = linkAcross(hardware, 2 * parallel.data * parallel.tensor);
  return latency + sends / bandwidth;
}

/** The passes in time: a schedule's, or in inference each stage's forwards one after another. */
function playedPipeline(plan: Plan, stages: readonly StageWork[]): PipelineRun {
  const { microBatches: m, parallel, schedule: given } = plan;
  const devices = parallel.pipeline;
  const costs = {
    forward: stages.map((stage) => secondsOf(stage.forward)),
    backward: stages.map((stage) => secondsOf(stage.backward)),
    weightGradient: stages.map((stage) => secondsOf(stage.weightGradient)),
    transfer: stages.slice(0, -1).map((stage) => transferTime(plan, stage)),
  };
  const mean = (times: readonly number[]): number => times.reduce((a, b) => a + b, 0) / Math.max(1, times.length);
  const schedule: Schedule = !plan.training
    ? {
        name: 'forward only',
        devices,
        stages: devices,
        microBatches: m,
        kinds: ['F'],
        order: Array.from({ length: devices }, (_, s) => Uint32Array.from({ length: m }, (_, i) => s * m + i)),
      }
    : 'make' in given
      ? given.make(devices, m, {
          forward: mean(costs.forward),
          backward: mean(costs.backward),
          weightGradient: mean(costs.weightGradient),
          transfer: mean(costs.transfer),
        })
      : given;
  return simulatePipeline(schedule, { ...costs, ...(costs.transfer.length === 0 && { transfer: 0 }) });
}

function workOf({ schedule }: PipelineRun, stages: readonly StageWork[], id: number): readonly Work[] {
  const { kind, stage } = passOf(schedule, id);
  return kind === 'F' ? stages[stage]!.forward : kind === 'W' ? stages[stage]!.weightGradient : stages[stage]!.backward;
}

function endOf(run: PipelineRun, passes: Uint32Array): number {
  return passes.length === 0 ? 0 : run.ends[passes.at(-1)!]!;
}

function memoryOf(plan: Plan, stages: readonly StageWork[], own: readonly number[], run: PipelineRun, passes: Uint32Array): ChipMemory {
  const state = deviceState(
    plan,
    own.map((s) => stages[s]!),
  );
  const layers = own.flatMap((s) => stages[s]!.layers);
  const begin = state.weights + state.optimizer;
  // ZeRO 3 holds one layer's weights whole while it works on it.
  const gathered = plan.zero === 3 && plan.parallel.data > 1 ? Math.max(0, ...layers.map((l) => l.weightBytes)) : 0;
  const { microBatches } = run.schedule;
  const held = plan.training
    ? mostHeld(
        passes,
        (id) => workOf(run, stages, id),
        (id) => Math.floor(id / microBatches),
      ).most
    : Math.max(0, ...layers.map(({ cost }) => cost.inputBytes + cost.outputBytes));
  const peak = begin + gathered + held;
  return {
    ...state,
    activations: plan.training ? mostActivations(run, stages, passes) : held,
    peak,
    fits: peak <= plan.hardware.memory.capacity,
  };
}

/** The most of activations alone that a device keeps. */
function mostActivations(run: PipelineRun, stages: readonly StageWork[], passes: Uint32Array): number {
  const without = (id: number): Work[] => workOf(run, stages, id).map((w) => ({ ...w, keepsFirst: 0 }));
  return mostHeld(passes, without, (id) => Math.floor(id / run.schedule.microBatches)).most;
}

function stepsOf(
  plan: Plan,
  stages: readonly StageWork[],
  closing: readonly (readonly Work[])[],
  stagesOn: readonly (readonly number[])[],
  holders: readonly number[],
): Step[] {
  const step = (work: Work, stage: number, times: number): Step[] => {
    const { keeps: _keeps, keepsFirst: _first, ...rest } = work;
    return work.seconds === 0 ? [] : [{ ...rest, stage, times }];
  };
  const m = plan.microBatches;
  return [
    ...stages.flatMap((stage, s) => stage.forward.flatMap((work) => step(work, s, m))),
    ...stages
      .flatMap((stage, s) => [...stage.backward, ...stage.weightGradient].flatMap((work) => step(work, s, m)))
      .toSorted((a, b) => b.stage - a.stage),
    // Devices that hold the same stages do the same at the end; each is listed once.
    ...closing.flatMap((work, d) => {
      const first = stagesOn.findIndex((own) => own.join() === stagesOn[d]!.join()) === d;
      return first ? work.flatMap((w) => step(w, stagesOn[d]![0] ?? 0, holders[stagesOn[d]![0] ?? 0]!)) : [];
    }),
  ];
}

function timedPasses(run: PipelineRun): TimedPass[] {
  return run.schedule.order.flatMap((passes, device) =>
    Array.from(passes, (id) => {
      const seconds = run.duration(id);
      return { device, ...passOf(run.schedule, id), start: run.ends[id]! - seconds, seconds };
    }),
  );
}

function* timeline(
  run: PipelineRun,
  stages: readonly StageWork[],
  closing: readonly (readonly Work[])[],
  devices: readonly DeviceReport[],
): Generator<Stretch> {
  const { schedule } = run;
  for (let device = 0; device < schedule.devices; device++) {
    const { weights, optimizer } = devices[device]!.memory;
    let held = weights + optimizer;
    const begun = new Set<number>();
    const stretch = (work: Work, start: number, firstTime: boolean): Stretch => {
      held += work.keeps + (firstTime ? work.keepsFirst : 0);
      const { layer, kind, seconds, limit, macs, bytes, exchanged } = work;
      return { device, layer, kind, start, seconds, limit, macs, bytes, exchanged, held };
    };
    for (const id of schedule.order[device]!) {
      let now = run.ends[id]! - run.duration(id);
      const row = Math.floor(id / schedule.microBatches);
      const firstTime = !begun.has(row);
      begun.add(row);
      for (const work of workOf(run, stages, id)) {
        yield stretch(work, now, firstTime);
        now += work.seconds;
      }
    }
    let now = endOf(run, schedule.order[device]!);
    for (const work of closing[device]!) {
      yield stretch(work, now, true);
      now += work.seconds;
    }
  }
}
