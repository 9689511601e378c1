import { chimera } from './chimera.ts';
import { gpipe } from './gpipe.ts';
import { interleaved } from './interleaved.ts';
import { oneForwardOneBackward } from './one-forward-one-backward.ts';
import type { Schedule } from './schedule.ts';
import { zeroBubbleH1, zeroBubbleH2 } from './zero-bubble-handcrafted.ts';
import { zeroBubbleV } from './zero-bubble-v.ts';

/** Times of a stage's passes, which some schedules are made for. */
export interface StageTimes {
  readonly forward: number;
  /** The input gradient where the schedule has weight-gradient passes of their own, else the whole backward. */
  readonly backward: number;
  readonly weightGradient: number;
  readonly transfer: number;
}

/** A schedule by name: how many stages a device has, and the schedule itself. */
export interface NamedSchedule {
  readonly stagesPerDevice: number;
  /** Whether weight gradients are passes of their own. */
  readonly weightPasses: boolean;
  readonly make: (devices: number, microBatches: number, times: StageTimes) => Schedule;
}

export type ScheduleName = 'gpipe' | '1f1b' | 'interleaved' | 'chimera' | 'zb-h1' | 'zb-h2' | 'zb-v';

/** Schedules that take nothing but devices and micro-batches; `interleaved` has two chunks a device. */
export const namedSchedules: Readonly<Record<ScheduleName, NamedSchedule>> = {
  gpipe: { stagesPerDevice: 1, weightPasses: false, make: gpipe },
  '1f1b': { stagesPerDevice: 1, weightPasses: false, make: oneForwardOneBackward },
  interleaved: { stagesPerDevice: 2, weightPasses: false, make: (p, m) => interleaved(p, m, 2) },
  chimera: { stagesPerDevice: 1, weightPasses: false, make: (p, m) => chimera(p, m) },
  'zb-h1': { stagesPerDevice: 1, weightPasses: true, make: zeroBubbleH1 },
  'zb-h2': { stagesPerDevice: 1, weightPasses: true, make: zeroBubbleH2 },
  'zb-v': { stagesPerDevice: 2, weightPasses: true, make: zeroBubbleV },
};

export const scheduleNames: readonly ScheduleName[] = Object.keys(namedSchedules) as ScheduleName[];
