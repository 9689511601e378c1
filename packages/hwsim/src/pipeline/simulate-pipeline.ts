import { requireFunction, requireInteger, requireList, requireNumber, requireObject, requireOptions } from '../validation.ts';
import { passOf, type Schedule } from './schedule.ts';

/** Times in one unit of the caller's choice: a number for every stage, or one for each. */
export interface PassCosts {
  readonly forward: number | readonly number[];
  /** The whole backward, or the input gradient where the schedule has weight-gradient passes. */
  readonly backward: number | readonly number[];
  readonly weightGradient?: number | readonly number[];
  /** From a stage's device to the next stage's, either way; nothing where they are the same device. One for all, or one for each boundary. */
  readonly transfer?: number | readonly number[];
}

/** What a schedule came to. Times in the unit of the costs. */
export interface PipelineRun {
  readonly schedule: Schedule;
  readonly makespan: number;
  /** End of each pass, by its number. */
  readonly ends: Float64Array;
  readonly duration: (id: number) => number;
  /** Time each device works. */
  readonly busy: readonly number[];
  /** From each device's first start to its last end. */
  readonly span: readonly number[];
  /** 1 − Σ busy / (devices · makespan). */
  readonly bubble: number;
  /** Most micro-batches whose forward is done and whose last backward pass isn't, on each device (chunks count one each). */
  readonly peakInFlight: readonly number[];
}

/**
 * Plays a schedule: every device does its passes in order, each as soon as the device is free and what it needs is there.
 * Exact for whole-number costs. Linear in passes.
 *
 * @param schedule from this package or `scheduleOf`
 * @param costs time of each pass and transfer
 * @returns makespan, ends of all passes, busy time, bubble, in-flight micro-batches
 * @throws RangeError for a cost that isn't finite, or a deadlock, naming the passes that wait
 * @example simulatePipeline(oneForwardOneBackward(4, 8), { forward: 1, backward: 1, transfer: 1 }).makespan // 38
 */
export function simulatePipeline(schedule: Schedule, costs: PassCosts): PipelineRun {
  requireSchedule(schedule);
  requireOptions(costs, 'costs');
  const { devices, stages, microBatches: m, kinds, order } = schedule;
  const perStage = (name: string, cost: number | readonly number[], count: number): Float64Array => {
    if (typeof cost !== 'number' && requireList(`costs.${name}`, cost).length !== count)
      throw new RangeError(`costs.${name} has ${cost.length} entries, expected ${count}`);
    return Float64Array.from({ length: count }, (_, s) => requireNumber(`costs.${name}`, typeof cost === 'number' ? cost : cost[s]));
  };
  const forward = perStage('forward', costs.forward, stages);
  const backward = perStage('backward', costs.backward, stages);
  const weight = perStage('weightGradient', costs.weightGradient ?? 0, stages);
  const transfer = perStage('transfer', costs.transfer ?? 0, Math.max(1, stages - 1));
  const cost = new Float64Array(kinds.length * stages);
  kinds.forEach((kind, k) => cost.set(kind === 'F' ? forward : kind === 'W' ? weight : backward, k * stages));
  // Finished: the end. Not finished: -1, or -2 - d while device d waits for it (further waiters chained). Micro-batch by micro-batch, stages side by side: a
  // micro-batch is followed from stage to stage, and its passes lie where the last one was.
  const rows = kinds.length * stages;
  const byMicro = new Float64Array(rows * m).fill(-1);
  const nextWaiter = new Int32Array(devices).fill(-1);
  const position = new Uint32Array(devices);
  const free = new Float64Array(devices);
  const busy = new Float64Array(devices);
  const firstStart = new Float64Array(devices).fill(-1);
  const home = stageHome(schedule);
  const [forwardKind, backwardKind, weightKind] = [kinds.indexOf('F'), kinds.indexOf('B'), kinds.indexOf('W')];
  const stack = Array.from({ length: devices }, (_, d) => devices - 1 - d);
  let done = 0;
  let ready = 0;
  /** False when device d has to wait for the pass at `at`; else `ready` is no earlier than it. */
  const satisfied = (d: number, at: number, lag: number): boolean => {
    const end = byMicro[at]!;
    if (end >= 0) {
      if (end + lag > ready) ready = end + lag;
      return true;
    }
    nextWaiter[d] = end === -1 ? -1 : -2 - end;
    byMicro[at] = -2 - d;
    return false;
  };
  const crossing = (d: number, stage: number, other: number): number =>
    home === undefined || home[other] !== home[stage] || d !== home[stage] ? transfer[Math.min(stage, other)]! : 0;
  while (stack.length > 0) {
    const d = stack.pop()!;
    const passes = order[d]!;
    for (let p = position[d]!; ; p++) {
      position[d] = p;
      if (p === passes.length) break;
      const id = passes[p]!;
      // Ids stay below 2^28, so dividing as 32-bit integers is exact.
      const row = (id / m) | 0;
      const base = (id - row * m) * rows;
      const kind = (row / stages) | 0;
      const stage = row - kind * stages;
      ready = free[d]!;
      if (kind === forwardKind) {
        if (stage > 0 && !satisfied(d, base + row - 1, crossing(d, stage, stage - 1))) break;
      } else if (kind === weightKind) {
        if (!satisfied(d, base + backwardKind * stages + stage, 0)) break;
      } else {
        if (!satisfied(d, base + forwardKind * stages + stage, 0)) break;
        const following = kind === backwardKind ? (stage < stages - 1 ? row + 1 : -1) : kind > 1 ? (kind - 1) * stages + stage + 1 : -1;
        if (following >= 0 && !satisfied(d, base + following, crossing(d, stage, stage + 1))) break;
      }
      const time = cost[row]!;
      if (firstStart[d] === -1) firstStart[d] = ready;
      let waiter = byMicro[base + row]!;
      byMicro[base + row] = free[d] = ready + time;
      busy[d]! += time;
      done++;
      while (waiter <= -2) {
        const woken = -2 - waiter;
        stack.push(woken);
        waiter = nextWaiter[woken] === -1 ? -1 : -2 - nextWaiter[woken]!;
      }
    }
  }
  if (done < order.reduce((sum, passes) => sum + passes.length, 0)) throw new RangeError(deadlock(schedule, position));
  const makespan = free.reduce((most, t) => Math.max(most, t), 0);
  let ends: Float64Array | undefined;
  return {
    schedule,
    makespan,
    // Most callers want the makespan: another order of millions of numbers is made when it is asked for.
    get ends() {
      return (ends ??= byPass(byMicro, rows, m));
    },
    duration: (id) => cost[Math.floor(id / m)]!,
    busy: Array.from(busy),
    span: Array.from(free, (end, d) => (order[d]!.length === 0 ? 0 : end - firstStart[d]!)),
    bubble: makespan === 0 ? 0 : 1 - busy.reduce((a, b) => a + b, 0) / (devices * makespan),
    peakInFlight: order.map((passes) => peak(schedule, passes, forwardKind, weightKind >= 0 ? weightKind : backwardKind)),
  };
}

function requireSchedule(schedule: Schedule): void {
  for (const field of ['devices', 'stages', 'microBatches'] as const)
    requireInteger(`schedule.${field}`, requireObject('schedule', schedule)[field]);
  requireList('schedule.kinds', schedule.kinds);
  if (requireList('schedule.order', schedule.order).length !== schedule.devices)
    throw new RangeError(`schedule.order has ${schedule.order.length} lists, expected one for each of ${schedule.devices} devices`);
}

/** Refuses what `simulatePipeline` didn't return. */
export function requireRun(run: PipelineRun): void {
  requireSchedule(requireObject('run', run).schedule);
  requireList('run.ends', run.ends);
  requireFunction('run.duration', run.duration);
}

/** From micro-batches of passes to passes of micro-batches, tile by tile so that both lie near. */
function byPass(byMicro: Float64Array, rows: number, m: number): Float64Array {
  const ends = new Float64Array(rows * m);
  const tile = 32;
  for (let row0 = 0; row0 < rows; row0 += tile)
    for (let micro0 = 0; micro0 < m; micro0 += tile)
      for (let row = row0; row < Math.min(rows, row0 + tile); row++)
        for (let micro = micro0; micro < Math.min(m, micro0 + tile); micro++) ends[row * m + micro] = byMicro[micro * rows + row]!;
  return ends;
}

/** The one device of each stage, or undefined when some stage is on several (then every hop counts as a transfer). */
function stageHome({ order, stages, microBatches }: Schedule): Int32Array | undefined {
  const home = new Int32Array(stages).fill(-1);
  for (let d = 0; d < order.length; d++)
    for (const id of order[d]!) {
      const stage = Math.floor(id / microBatches) % stages;
      if (home[stage] === -1) home[stage] = d;
      else if (home[stage] !== d) return undefined;
    }
  return home;
}

function peak({ stages, microBatches, kinds }: Schedule, passes: Uint32Array, forwardKind: number, lastKind: number): number {
  let [inFlight, most] = [0, 0];
  for (let i = 0; i < passes.length; i++) {
    const row = (passes[i]! / microBatches) | 0;
    const kind = (row / stages) | 0;
    // Of losses ahead a stage's last gradient is the farthest one's that there is.
    const ending = lastKind >= 0 ? lastKind : Math.min(kinds.length - 1, stages - (row % stages));
    if (kind === forwardKind) {
      if (++inFlight > most) most = inFlight;
    } else if (kind === ending) inFlight--;
  }
  return most;
}

function deadlock(schedule: Schedule, position: Uint32Array): string {
  const waiting = schedule.order.flatMap((passes, d) =>
    position[d]! < passes.length ? [{ d, pass: passOf(schedule, passes[position[d]!]!) }] : [],
  );
  const shown = waiting
    .slice(0, 4)
    .map(({ d, pass }) => `device ${d} at ${pass.kind} of stage ${pass.stage}, micro-batch ${pass.microBatch}`);
  return `schedule ${JSON.stringify(schedule.name)} deadlocks: ${shown.join('; ')}${waiting.length > 4 ? `; and ${waiting.length - 4} more` : ''}; put each pass after those it needs`;
}
