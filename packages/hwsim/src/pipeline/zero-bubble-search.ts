import { requireInteger, requireNumber, requireOptions } from '../validation.ts';
import { requirePipeline, type Schedule } from './schedule.ts';

export interface ZeroBubbleCosts {
  readonly forward: number;
  readonly backward: number;
  readonly weightGradient: number;
  readonly transfer?: number;
  /** Activations a device may hold, in micro-batches' worth; 1F1B's first stage holds p. */
  readonly memory?: number;
}

/** Which of the heuristic's choices to take. */
interface Choices {
  /** Start a further forward even if it ends after the first gradient arrives. */
  readonly overrun: boolean;
  /** Let a stage skip a forward so that the next one's backward isn't late. */
  readonly backwardFirst: boolean;
  /** Fill a gap with a weight gradient although a longer bubble elsewhere already allows the gap. */
  readonly greedy: boolean;
}

const [F, B, W] = [0, 1, 2] as const;

/**
 * The zero-bubble schedule found by the heuristic of "Zero Bubble Pipeline Parallelism" (2023, arXiv 2401.10241), in the greedy form its authors
 * released: micro-batch by micro-batch, forwards down the stages and backwards up, weight gradients into gaps that would otherwise be idle and
 * wherever memory is short; the best of the eight combinations of its three choices, the first among equals.
 *
 * A forward takes one micro-batch of memory, each of the two backward passes gives back half.
 *
 * @param devices stages, one a device
 * @param microBatches m
 * @param costs times in any unit; `memory` p is ZB-1P, 2p is ZB-2P
 * @returns the schedule and its longest stage span (from the first forward's start to the last weight gradient's end)
 * @throws RangeError when the memory can't hold it
 */
export function zeroBubble(
  devices: number,
  microBatches: number,
  costs: ZeroBubbleCosts,
): { schedule: Schedule; span: number; ends: Float64Array } {
  requirePipeline(devices, microBatches, 3);
  for (const field of ['forward', 'backward', 'weightGradient'] as const)
    requireNumber(`costs.${field}`, requireOptions(costs, 'costs')[field]);
  requireInteger('costs.memory', costs.memory ?? devices);
  let best: Attempt | undefined;
  for (const overrun of [true, false])
    for (const backwardFirst of [true, false])
      for (const greedy of [true, false]) {
        const attempt = attemptWith(devices, microBatches, costs, { overrun, backwardFirst, greedy });
        if (!best || attempt.span < best.span) best = attempt;
      }
  const { order, span, ends } = best!;
  return {
    schedule: {
      name: 'zero bubble, searched',
      devices,
      stages: devices,
      microBatches,
      kinds: ['F', 'B', 'W'],
      order: order.map((passes) => Uint32Array.from(passes)),
    },
    span,
    ends,
  };
}

interface Attempt {
  readonly order: readonly number[][];
  readonly span: number;
  readonly ends: Float64Array;
}

function attemptWith(p: number, m: number, costs: ZeroBubbleCosts, { overrun, backwardFirst, greedy }: Choices): Attempt {
  const { transfer = 0 } = costs;
  const cost = [costs.forward, costs.backward, costs.weightGradient];
  // Halves of a micro-batch, so that the arithmetic stays whole.
  const memory = [2, -1, -1];
  const limit = 2 * (costs.memory ?? p);
  const ends = new Float64Array(3 * p * m);
  const end = (kind: number, stage: number, i: number): number => ends[(kind * p + stage) * m + i]!;
  const done = [new Uint32Array(p), new Uint32Array(p), new Uint32Array(p)] as const;
  const now = new Float64Array(p);
  const held = new Int32Array(p);
  const idle = new Float64Array(p);
  const order: number[][] = Array.from({ length: p }, () => []);
  const put = (stage: number, kind: 0 | 1 | 2): void => {
    const i = done[kind][stage]!;
    let start = now[stage]!;
    if (kind === F && stage > 0) start = Math.max(start, end(F, stage - 1, i) + transfer);
    if (kind === B && stage < p - 1) start = Math.max(start, end(B, stage + 1, i) + transfer);
    if (done[F][stage]! > 0) idle[stage]! += start - now[stage]!;
    now[stage] = start + cost[kind]!;
    ends[(kind * p + stage) * m + i] = now[stage]!;
    held[stage]! += memory[kind]!;
    order[stage]!.push((kind * p + stage) * m + i);
    done[kind][stage]!++;
  };
  const pending = (stage: number): boolean => done[W][stage]! < done[B][stage]!;
  const makeRoom = (stage: number, kind: 0 | 1): void => {
    while (held[stage]! + memory[kind]! > limit) {
      if (!pending(stage))
        throw new RangeError(`costs.memory is ${limit / 2} micro-batches, too little for stage ${stage} of ${p}; expected at least ${p}`);
      put(stage, W);
    }
  };
  /** Weight gradients into the wait for something that arrives at `arrival`. */
  const fillUntil = (stage: number, arrival: number): void => {
    while (pending(stage) && now[stage]! + cost[W]! <= arrival) put(stage, W);
    if (!pending(stage) || now[stage]! >= arrival) return;
    const affordable = arrival - now[stage]! <= idle.reduce((a, b) => Math.max(a, b), 0) - idle[stage]!;
    if (greedy || !affordable) put(stage, W);
  };
  warmUp();
  for (let i = 1; i < m; i++) {
    const wanted = new Uint8Array(p);
    for (let stage = 0; stage < p; stage++) if (done[F][stage]! < m && !shouldHoldBack(stage)) wanted[stage] = 1;
    for (let stage = p - 2; stage >= 0; stage--) wanted[stage] = Math.min(wanted[stage]!, wanted[stage + 1]!);
    for (let stage = 0; stage < p; stage++) {
      if (!wanted[stage]) continue;
      makeRoom(stage, F);
      if (stage > 0) fillUntil(stage, end(F, stage - 1, done[F][stage]!) + transfer);
      put(stage, F);
    }
    for (let stage = p - 1; stage >= 0; stage--) {
      makeRoom(stage, B);
      if (stage < p - 1) fillUntil(stage, end(B, stage + 1, i) + transfer);
      if (stage === 0 && done[F][0] === m) while (pending(0)) put(0, W);
      put(stage, B);
    }
  }
  for (let stage = 0; stage < p; stage++) while (done[W][stage]! < m) put(stage, W);
  let span = 0;
  for (let stage = 0; stage < p; stage++) span = Math.max(span, end(W, stage, m - 1) - end(F, stage, 0) + cost[F]!);
  return { order, span, ends };

  /** The first forward everywhere, as many more as fit before the first gradient comes back, and the first backward everywhere. */
  function warmUp(): void {
    for (let stage = 0; stage < p; stage++) put(stage, F);
    const more = new Uint32Array(p);
    let gradient = end(F, p - 1, 0) + cost[B]!;
    for (let stage = p - 2; stage >= 0; stage--) {
      let [use, time] = [held[stage]!, now[stage]!];
      while (done[F][stage]! + more[stage]! < m && use + memory[F]! <= limit) {
        if (overrun ? time + cost[F]! > gradient + transfer : time >= gradient + transfer) break;
        use += memory[F]!;
        time += cost[F]!;
        more[stage]!++;
      }
      gradient = Math.max(time, gradient + transfer) + cost[B]!;
    }
    // A stage can't be as far as the one before it.
    for (let stage = 1; stage < p; stage++)
      while (more[stage]! > 0 && more[stage]! >= more[stage - 1]! && done[F][stage]! + more[stage]! < m) more[stage]!--;
    for (let stage = 0; stage < p; stage++) for (let n = 0; n < more[stage]!; n++) put(stage, F);
    for (let stage = p - 1; stage >= 0; stage--) put(stage, B);
  }

  /** Whether a stage that is two forwards ahead of the next had better wait for the gradient the next will send. */
  function shouldHoldBack(stage: number): boolean {
    if (!backwardFirst || stage + 1 >= p || done[F][stage]! < done[F][stage + 1]! + 2) return false;
    const gradient = now[stage + 1]! + cost[F]! + cost[B]! + transfer;
    if (now[stage]! >= gradient) return true;
    let [use, time, count] = [held[stage]! + memory[F]!, 0, 0];
    while (use > limit && done[W][stage]! + count < done[B][stage]!) {
      time += cost[W]!;
      use += memory[W]!;
      count++;
    }
    if (now[stage]! + cost[F]! + time <= gradient) return false;
    return gradient - now[stage]! <= idle.reduce((a, b) => Math.max(a, b), 0) - idle[stage]!;
  }
}
