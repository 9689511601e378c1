import { requireInteger, requireNumber, requireOptions } from '../validation.ts';
import { requirePipeline, type Schedule } from './schedule.ts';
import type { ZeroBubbleCosts } from './zero-bubble-search.ts';

/** The four ways through the devices: forward down and up the V, backward down and up. Weight gradients belong to the last two. */
const [forwardDown, forwardUp, backwardDown, backwardUp] = [0, 1, 2, 3] as const;
type Leg = 0 | 1 | 2 | 3;

/**
 * ZB-V: every device holds two chunks, stages d and 2p − 1 − d, so that forward and backward both turn around on the last device and 1F1B's memory
 * is enough for no bubble. "Zero Bubble Pipeline Parallelism" (2023, arXiv 2401.10241), section 6, by the authors' greedy construction:
 * backward passes first, forwards as they become possible, weight gradients into gaps and where memory is short; tried with and without filling gaps
 * before forwards and before backwards, and again with the bubbles found as an allowance, the smallest bubble winning.
 *
 * @param devices p; the schedule has 2p stages
 * @param microBatches m, at least 2p for no bubble
 * @param costs times of one chunk; `memory` in chunk activations, 2p by default
 * @throws RangeError when the memory is too little
 */
export function zeroBubbleV(devices: number, microBatches: number, costs: ZeroBubbleCosts): Schedule {
  requirePipeline(devices, microBatches, 6);
  for (const field of ['forward', 'backward', 'weightGradient'] as const)
    requireNumber(`costs.${field}`, requireOptions(costs, 'costs')[field]);
  const memory = requireInteger('costs.memory', costs.memory ?? 2 * devices);
  let best: Attempt | undefined;
  for (const beforeBackward of [true, false])
    for (const beforeForward of [true, false]) {
      let attempt = attemptWith(devices, microBatches, costs, memory, beforeForward, beforeBackward);
      for (;;) {
        if (!best || attempt.bubble < best.bubble) best = attempt;
        const again = attemptWith(devices, microBatches, costs, memory, beforeForward, beforeBackward, attempt.idle);
        if (!(again.bubble < attempt.bubble)) break;
        attempt = again;
      }
    }
  return {
    name: 'ZB-V',
    devices,
    stages: 2 * devices,
    microBatches,
    kinds: ['F', 'B', 'W'],
    order: best!.order.map((passes) => Uint32Array.from(passes)),
  };
}

interface Attempt {
  readonly order: readonly number[][];
  readonly idle: Float64Array;
  readonly bubble: number;
}

function attemptWith(
  p: number,
  m: number,
  costs: ZeroBubbleCosts,
  memory: number,
  fillForward: boolean,
  fillBackward: boolean,
  allowance?: Float64Array,
): Attempt {
  const { transfer = 0, forward, backward, weightGradient } = costs;
  const ends = new Float64Array(4 * p * m).fill(-1);
  const at = (leg: Leg, device: number, i: number): number => (i < m ? ends[(leg * p + device) * m + i]! : -1);
  const count = Array.from({ length: 4 }, () => new Uint32Array(p));
  const now = new Float64Array(p);
  // In halves of a chunk's activation: a forward takes two, each backward pass gives back one.
  const held = new Int32Array(p);
  const idle = new Float64Array(p);
  const pendingWeights: { stage: number; i: number }[][] = Array.from({ length: p }, () => []);
  const nextWeight = new Uint32Array(p);
  const order: number[][] = Array.from({ length: p }, () => []);
  const allowed = allowance ? allowance.reduce((a, b) => Math.max(a, b), 0) : -1;
  const worstIdle = (device: number): number =>
    Math.max(
      idle.reduce((a, b) => Math.max(a, b), 0),
      allowance ? allowed - allowance[device]! : 0,
    );
  const stageOf = (leg: Leg, device: number): number => (leg === forwardDown || leg === backwardUp ? device : 2 * p - 1 - device);
  const pending = (device: number): boolean => nextWeight[device]! < pendingWeights[device]!.length;
  const putWeight = (device: number): void => {
    const { stage, i } = pendingWeights[device]![nextWeight[device]!++]!;
    now[device]! += weightGradient;
    held[device]!--;
    order[device]!.push((4 * p + stage) * m + i);
  };
  /** The device a leg comes from, or -1 where it begins or turns. */
  const source = (leg: Leg, device: number): number =>
    leg === forwardDown || leg === backwardDown ? device - 1 : device + 1 < p ? device + 1 : -1;
  const put = (leg: Leg, device: number): void => {
    const i = count[leg]![device]!;
    const isForward = leg < 2;
    const from = source(leg, device);
    let start = now[device]!;
    if (from >= 0) start = Math.max(start, at(leg, from, i) + transfer);
    if (count[forwardDown]![device]! > 0) idle[device]! += start - now[device]!;
    now[device] = start + (isForward ? forward : backward);
    ends[(leg * p + device) * m + i] = now[device]!;
    held[device]! += isForward ? 2 : -1;
    const stage = stageOf(leg, device);
    order[device]!.push(((isForward ? 0 : 2 * p) + stage) * m + i);
    if (!isForward) pendingWeights[device]!.push({ stage, i });
    count[leg]![device]!++;
  };
  const makeRoom = (device: number, more: number): void => {
    while (held[device]! + more > 2 * memory) {
      if (!pending(device))
        throw new RangeError(
          `costs.memory is ${memory} chunk activations, too little for device ${device} of ${p}; expected at least ${2 * p}`,
        );
      putWeight(device);
    }
  };
  const fill = (leg: Leg, device: number, eager: boolean): void => {
    const from = source(leg, device);
    if (from < 0) return;
    const arrival = at(leg, from, count[leg]![device]!) + transfer;
    while (pending(device) && arrival >= now[device]! + weightGradient) putWeight(device);
    if (pending(device) && eager && arrival - now[device]! > worstIdle(device) - idle[device]!) putWeight(device);
  };
  warmUp();
  for (let round = 0; round < 2 * m; round++) {
    const up: number[] = [];
    const down: number[] = [];
    for (let d = 0; d < p; d++) {
      if (count[backwardUp]![d]! >= count[backwardDown]![d]!) down.push(d);
      else if (d === p - 1 || at(backwardUp, d + 1, count[backwardUp]![d]!) >= 0 || count[backwardDown]![d]! >= m) up.push(d);
      else down.push(d);
    }
    for (const d of up.toReversed()) {
      fill(backwardUp, d, true);
      put(backwardUp, d);
    }
    for (const d of down) {
      fill(backwardDown, d, fillBackward);
      put(backwardDown, d);
    }
    for (let d = 0; d < p; d++) {
      const leg = nextForward(d);
      if (leg === undefined) continue;
      makeRoom(d, 2);
      fill(leg, d, fillForward);
      put(leg, d);
    }
  }
  for (let d = 0; d < p; d++) while (pending(d)) putWeight(d);
  return { order, idle, bubble: idle.reduce((a, b) => Math.max(a, b), 0) };

  function warmUp(): void {
    for (let d = 0; d < p; d++) put(forwardDown, d);
    for (let d = p - 1; d >= 0; d--) {
      if (d < p - 1) {
        const arrival = at(forwardUp, d + 1, 0) + transfer;
        while (held[d]! + 2 * (2 + 2 * d) <= 2 * memory && now[d]! + forward <= arrival && count[forwardDown]![d]! < m)
          for (let j = 0; j <= d; j++) put(forwardDown, j);
      }
      put(forwardUp, d);
    }
    let leg: 0 | 1 = forwardDown;
    for (let d = 1; d < p; d++) {
      const behind = (): boolean => {
        const [mine, before] = [d, d - 1].map((x) => count[forwardDown]![x]! + count[forwardUp]![x]!) as [number, number];
        return mine < before || (count[forwardUp]![d]! <= count[forwardUp]![d - 1]! && count[forwardUp]![d - 1]! < m);
      };
      while (behind()) {
        for (let j = p - 1; j >= d; j--) if (count[leg]![j]! < m) put(leg, j);
        leg = leg === forwardDown ? forwardUp : forwardDown;
      }
    }
  }

  function nextForward(d: number): 0 | 1 | undefined {
    const [down, up] = [count[forwardDown]![d]!, count[forwardUp]![d]!];
    if (up >= m) return undefined;
    if (up >= down) return forwardDown;
    if (d === p - 1 || at(forwardUp, d + 1, up) >= 0) return forwardUp;
    if (down < m && (d === 0 || at(forwardDown, d - 1, down) >= 0)) return forwardDown;
    return undefined;
  }
}
