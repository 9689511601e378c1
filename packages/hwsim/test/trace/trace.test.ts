import { describe, expect, it } from 'vitest';
import {
  chimera,
  hardware,
  interleaved,
  layerGraph,
  oneForwardOneBackward,
  pipelineTrace,
  reportTrace,
  simulate,
  simulatePipeline,
  traceFaults,
  zeroBubbleV,
  type Trace,
} from '../../src/index.ts';

const net = layerGraph('net', [
  { name: 'a', operation: { type: 'gemm', m: 64, n: 64, k: 64 } },
  { name: 'b', operation: { type: 'gemm', m: 64, n: 64, k: 64 } },
]);

describe('traces keep the rules of the trace-event format', () => {
  const costs = { forward: 3, backward: 5, weightGradient: 2, transfer: 1 };
  it.each([oneForwardOneBackward(4, 8), interleaved(4, 8, 2), chimera(4, 8), zeroBubbleV(4, 8, costs)].map((s) => [s.name, s] as const))(
    '%s',
    (_, schedule) => {
      const run = simulatePipeline(schedule, costs);
      const trace = pipelineTrace(run, { unit: 1e-3 });
      expect(traceFaults(trace)).toEqual([]);
      const stretches = trace.traceEvents.filter((event) => event.ph === 'X');
      expect(stretches.length).toBe(schedule.order.reduce((sum, passes) => sum + passes.length, 0));
      expect(Math.max(...stretches.map((event) => event.ts + event.dur))).toBe(run.makespan * 1000);
      // What goes in flight comes back.
      for (let d = 0; d < schedule.devices; d++) {
        const counts = trace.traceEvents.flatMap((event) => (event.ph === 'C' && event.pid === d ? [event.args.count!] : []));
        expect(counts.at(-1)).toBe(0);
        expect(Math.max(...counts)).toBe(run.peakInFlight[d]);
      }
    },
  );

  it('a training step on many chips', () => {
    const report = simulate({ model: net, hardware: hardware('a100'), precision: 'bf16', training: { parallel: { data: 8 } } });
    const trace = JSON.parse(report.toPerfetto()) as Trace;
    expect(trace).toEqual(reportTrace(report));
    expect(traceFaults(trace)).toEqual([]);
    expect(trace.traceEvents.filter((event) => event.ph === 's').length).toBe(1);
  });

  it('finds faults', () => {
    const x = (ts: number, dur: number): Trace['traceEvents'][number] => ({ ph: 'X', name: 'x', cat: 'c', pid: 0, tid: 0, ts, dur });
    expect(traceFaults({ displayTimeUnit: 'ns', traceEvents: [x(0, 2), x(1, 2)] })).toEqual([
      'thread 0/0 has no name',
      'x of thread 0/0 overlaps the one before it',
    ]);
    expect(traceFaults({ displayTimeUnit: 'ns', traceEvents: [x(NaN, -1)] })).toContain('x: dur is -1');
    expect(traceFaults({ displayTimeUnit: 'ns', traceEvents: [{ ph: 's', name: 'f', cat: 'c', id: 3, pid: 0, tid: 0, ts: 0 }] })).toEqual([
      'flow 3 has no end',
    ]);
  });
});
