import { describe, expect, it } from 'vitest';
import {
  chimera,
  gpipe,
  interleaved,
  interlocking,
  oneForwardOneBackward,
  passDependencies,
  passId,
  passOf,
  scheduleOf,
  simulatePipeline,
  zeroBubble,
  zeroBubbleH1,
  zeroBubbleH2,
  zeroBubbleV,
  type Schedule,
} from '../../src/index.ts';

const unit = { forward: 2, backward: 3, weightGradient: 1, transfer: 1 };

/** Every schedule there is; a new one joins by a line. */
const schedules: Readonly<Record<string, (devices: number, microBatches: number) => Schedule>> = {
  gpipe,
  oneForwardOneBackward,
  'interleaved by 2': (p, m) => interleaved(p, Math.ceil(m / p) * p, 2),
  'interleaved by 4': (p, m) => interleaved(p, Math.ceil(m / p) * p, 4),
  chimera: (p, m) => chimera(p, m),
  'chimera, four pipelines': (p, m) => chimera(p % 4 === 0 ? p : 2 * p, m, { pipes: 2 }),
  zeroBubbleH1,
  zeroBubbleH2,
  'zeroBubble searched': (p, m) => zeroBubble(p, m, { ...unit, memory: 2 * p }).schedule,
  zeroBubbleV: (p, m) => zeroBubbleV(p, m, unit),
  'interlocking, reach 2': (p, m) => interlocking(p, m, 2),
};

describe.each(Object.entries(schedules))('schedule %s', (_, make) => {
  // The last two have fewer micro-batches than stages.
  it.each([
    [2, 2],
    [4, 8],
    [4, 16],
    [8, 8],
    [4, 6],
    [4, 1],
    [8, 3],
  ])('with %i devices and %i micro-batches', (devices, microBatches) => {
    const schedule = make(devices, microBatches);
    // Every pass exactly once.
    const lists = schedule.order.map((passes) => Array.from(passes, (id) => passOf(schedule, id)));
    expect(scheduleOf(schedule.name, schedule, lists)).toEqual(schedule);
    const run = simulatePipeline(schedule, unit);
    const device = new Map<number, number>();
    schedule.order.forEach((passes, d) => passes.forEach((id) => device.set(id, d)));
    for (let d = 0; d < schedule.devices; d++) {
      let free = 0;
      for (const id of schedule.order[d]!) {
        const start = run.ends[id]! - run.duration(id);
        // One pass at a time.
        expect(start).toBeGreaterThanOrEqual(free);
        free = run.ends[id]!;
        // What it needs is done, and has arrived; and it starts at once then.
        let ready = start === 0 ? 0 : -1;
        const previous = schedule.order[d]!.indexOf(id) - 1;
        if (previous >= 0) ready = Math.max(ready, run.ends[schedule.order[d]![previous]!]!);
        for (const needed of passDependencies(schedule, passOf(schedule, id))) {
          const other = passId(schedule, needed.kind, needed.stage, needed.microBatch);
          const arrival = run.ends[other]! + (device.get(other) === d ? 0 : unit.transfer);
          expect(start).toBeGreaterThanOrEqual(arrival);
          ready = Math.max(ready, arrival);
        }
        expect(start).toBe(ready);
      }
    }
    // Work is conserved, and times scale with the costs.
    expect(run.busy.reduce((a, b) => a + b, 0)).toBe(
      schedule.order.flatMap((passes) => [...passes]).reduce((sum, id) => sum + run.duration(id), 0),
    );
    expect(simulatePipeline(schedule, { forward: 6, backward: 9, weightGradient: 3, transfer: 3 }).makespan).toBe(3 * run.makespan);
    expect(simulatePipeline(schedule, { ...unit, transfer: 0 }).makespan).toBeLessThanOrEqual(run.makespan);
  });
});

describe('scheduleOf', () => {
  const shape = { stages: 2, microBatches: 1, kinds: ['F', 'B'] as const };
  const pass = (kind: 'F' | 'B', stage: number): { kind: 'F' | 'B'; stage: number; microBatch: number } => ({ kind, stage, microBatch: 0 });
  it('refuses missing, doubled and unknown passes and tells a deadlock', () => {
    expect(() => scheduleOf('s', shape, [[pass('F', 0)], [pass('F', 1), pass('B', 1)]])).toThrow('B of stage 0, micro-batch 0 is missing');
    expect(() => scheduleOf('s', shape, [[pass('F', 0), pass('F', 0)]])).toThrow('F of stage 0, micro-batch 0 is there twice');
    expect(() => scheduleOf('s', shape, [[pass('F', 2)]])).toThrow("F of stage 2, micro-batch 0 isn't a pass");
    const stuck = scheduleOf('s', shape, [
      [pass('B', 0), pass('F', 0)],
      [pass('F', 1), pass('B', 1)],
    ]);
    expect(() => simulatePipeline(stuck, unit)).toThrow(/"s" deadlocks: device 0 at B of stage 0, micro-batch 0; device 1 at F of stage 1/);
  });
  it('refuses absurd sizes before taking memory', () => {
    expect(() => gpipe(1e6, 1e6)).toThrow('use the closed forms');
    expect(() => chimera(3, 4)).toThrow('even number');
    expect(() => interleaved(4, 6, 2)).toThrow('multiple of the 4 devices');
    expect(() => simulatePipeline(gpipe(2, 2), { forward: NaN, backward: 1 })).toThrow('costs.forward is NaN');
  });
});
