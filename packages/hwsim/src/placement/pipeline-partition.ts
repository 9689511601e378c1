import { requireFunction, requireInteger, requireList, requireNumber, requireOptions } from '../validation.ts';

/** Consecutive layers on one or more devices. */
export interface Stage {
  /** Layers first .. end − 1. */
  readonly first: number;
  readonly end: number;
  readonly replicas: number;
  /** Time a sample (micro-batch) takes there, replicas sharing the work. */
  readonly time: number;
}

export interface Partition {
  readonly stages: readonly Stage[];
  /** What was minimised. */
  readonly cost: number;
}

function prefixSums(name: string, values: readonly number[]): Float64Array {
  const sums = new Float64Array(values.length + 1);
  values.forEach((value, i) => (sums[i + 1] = sums[i]! + requireNumber(`${name}[${i}]`, value)));
  return sums;
}

function requireChain(times: readonly number[], devices: number): void {
  requireInteger('devices', devices);
  requireList('times', times);
  if (times.length === 0) throw new RangeError('times is empty, expected a time for each layer');
  if (times.length > 4096 || devices > 4096)
    throw new RangeError(`${times.length} layers on ${devices} devices are more than 4096, expected a coarser chain`);
}

/**
 * PipeDream's partition of a chain: consecutive layers on replicated stages so that the slowest of all stages and transfers is as fast as can be.
 * "PipeDream: Fast and Efficient Pipeline Parallel DNN Training" (2018, arXiv 1806.03377).
 *
 * A(j, m) = min over i, m′ of max(A(i, m − m′), transfer(i), max(Σ times, synchronise(i, j, m′)) / m′).
 *
 * @param times forward and backward time of each layer
 * @param devices how many there are; some may stay idle
 * @param options.transfers time of the activations and their gradients after each layer, 0 when left out
 * @param options.synchronise time to exchange the weight gradients of layers i .. j − 1 among some replicas
 * @returns stages in order and the bottleneck's time
 */
export function pipedreamPartition(
  times: readonly number[],
  devices: number,
  options: {
    transfers?: readonly number[];
    synchronise?: (first: number, end: number, replicas: number) => number;
    replicate?: boolean;
  } = {},
): Partition {
  requireChain(times, devices);
  const { transfers = times.map(() => 0), synchronise = () => 0, replicate = true } = requireOptions(options);
  requireFunction('options.synchronise', synchronise);
  if (requireList('options.transfers', transfers).length !== times.length)
    throw new RangeError(`transfers has ${transfers.length} entries, expected one after each of ${times.length} layers`);
  const sums = prefixSums('times', times);
  const n = times.length;
  const best = Array.from({ length: devices + 1 }, () => new Float64Array(n + 1).fill(Infinity));
  const choice = Array.from({ length: devices + 1 }, () => new Int32Array(n + 1));
  const replicasOf = Array.from({ length: devices + 1 }, () => new Int32Array(n + 1));
  const stageTime = (i: number, j: number, r: number): number => Math.max(sums[j]! - sums[i]!, r === 1 ? 0 : synchronise(i, j, r)) / r;
  best[0]![0] = 0;
  for (let m = 1; m <= devices; m++) {
    best[m]![0] = 0;
    for (let j = 1; j <= n; j++)
      for (let r = 1; r <= (replicate ? m : 1); r++)
        for (let i = 0; i < j; i++) {
          const cost = Math.max(best[m - r]![i]!, i === 0 ? 0 : transfers[i - 1]!, stageTime(i, j, r));
          if (cost < best[m]![j]!) {
            best[m]![j] = cost;
            choice[m]![j] = i;
            replicasOf[m]![j] = r;
          }
        }
  }
  const stages: Stage[] = [];
  for (let m = devices, j = n; j > 0;) {
    const [i, r] = [choice[m]![j]!, replicasOf[m]![j]!];
    stages.unshift({ first: i, end: j, replicas: r, time: stageTime(i, j, r) });
    m -= r;
    j = i;
  }
  return { stages, cost: best[devices]![n]! };
}

/**
 * Alpa's partition of a chain for a GPipe-like schedule: minimises Σ t + (B − 1) max t over at most `devices` stages, by trying every possible max t.
 * "Alpa: Automating Inter- and Intra-Operator Parallelism for Distributed Deep Learning" (2022, arXiv 2201.12023), one device a stage.
 *
 * @param times time of each layer for one micro-batch
 * @param overhead time every further stage adds to a micro-batch (a transfer)
 */
export function alpaPartition(times: readonly number[], devices: number, microBatches: number, overhead = 0): Partition {
  requireChain(times, devices);
  requireInteger('microBatches', microBatches);
  requireNumber('overhead', overhead);
  const sums = prefixSums('times', times);
  const n = times.length;
  const candidates = new Set<number>();
  for (let i = 0; i < n; i++) for (let j = i + 1; j <= n; j++) candidates.add(sums[j]! - sums[i]!);
  let best: Partition = { stages: [], cost: Infinity };
  for (const most of [...candidates].toSorted((a, b) => a - b)) {
    // The sum of the stages is fixed, so fewer stages are never worse: take as much as fits each time.
    if ((microBatches - 1) * most + sums[n]! >= best.cost) break;
    const stages: Stage[] = [];
    for (let i = 0; i < n;) {
      let j = i;
      while (j < n && sums[j + 1]! - sums[i]! <= most) j++;
      if (j === i) break;
      stages.push({ first: i, end: j, replicas: 1, time: sums[j]! - sums[i]! });
      i = j;
    }
    if (stages.length === 0 || stages.at(-1)!.end < n || stages.length > devices) continue;
    const cost = sums[n]! + (stages.length - 1) * overhead + (microBatches - 1) * stages.reduce((m, s) => Math.max(m, s.time), 0);
    if (cost < best.cost) best = { stages, cost };
  }
  return best;
}
