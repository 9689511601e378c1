import { passDependencies, passId, passOf } from '../pipeline/schedule.ts';
import { requireRun, type PipelineRun } from '../pipeline/simulate-pipeline.ts';
import { requireNumber, requireOptions } from '../validation.ts';
import { nameEvent, type Trace, type TraceEvent } from './trace-events.ts';

/**
 * A pipeline run as a trace: a process for each device, a stretch for each pass, a flow for each transfer between devices, and a counter of micro-batches
 * in flight.
 *
 * @param run from `simulatePipeline`
 * @param options.unit seconds of one unit of the run's times; a microsecond when left out
 */
export function pipelineTrace(run: PipelineRun, options: { unit?: number } = {}): Trace {
  const { unit = 1e-6 } = requireOptions(options);
  requireRun(run);
  requireNumber('options.unit', unit, 0, true);
  const { schedule, ends } = run;
  const scale = unit * 1e6;
  const deviceOf = new Int32Array(ends.length).fill(-1);
  schedule.order.forEach((passes, d) => passes.forEach((id) => (deviceOf[id] = d)));
  const events: TraceEvent[] = [];
  const perKind = schedule.stages * schedule.microBatches;
  const lastKind = schedule.kinds.includes('W') ? 'W' : schedule.kinds.includes('B') ? 'B' : schedule.kinds.at(-1)!;
  let flows = 0;
  schedule.order.forEach((passes, d) => {
    events.push(nameEvent('process_name', d, 0, `device ${d}`), nameEvent('thread_name', d, 0, 'passes'));
    let inFlight = 0;
    for (const id of passes) {
      const pass = passOf(schedule, id);
      const start = ends[id]! - run.duration(id);
      events.push({
        ph: 'X',
        name: `${pass.kind}${pass.microBatch}`,
        cat: pass.kind,
        pid: d,
        tid: 0,
        ts: start * scale,
        dur: run.duration(id) * scale,
        args: { stage: pass.stage, microBatch: pass.microBatch },
      });
      const change = id < perKind ? 1 : pass.kind === lastKind ? -1 : 0;
      if (change !== 0) {
        inFlight += change;
        events.push({ ph: 'C', name: 'micro-batches in flight', pid: d, ts: ends[id]! * scale, args: { count: inFlight } });
      }
      for (const needed of passDependencies(schedule, pass)) {
        const other = passId(schedule, needed.kind, needed.stage, needed.microBatch);
        if (deviceOf[other] === d) continue;
        const flow = flows++;
        events.push(
          { ph: 's', name: 'transfer', cat: 'transfer', id: flow, pid: deviceOf[other]!, tid: 0, ts: ends[other]! * scale },
          { ph: 'f', bp: 'e', name: 'transfer', cat: 'transfer', id: flow, pid: d, tid: 0, ts: start * scale },
        );
      }
    }
  });
  return { displayTimeUnit: 'ns', traceEvents: events };
}
