import { requireReport, type Report } from '../simulate/report.ts';
import { nameEvent, type Trace, type TraceEvent } from './trace-events.ts';
import { requireInteger, requireOptions } from '../validation.ts';

const [passThread, computeThread, networkThread] = [0, 1, 2] as const;

/**
 * A report as a trace: a process for each device of a pipeline, threads for its passes, compute and network, flows between the passes of stages and from the last
 * gradient to its exchange, counters of bytes held and of the rates of arithmetic and memory.
 *
 * @param options.mostEvents leave single layers out when there would be more; 200,000 by default
 */
export function reportTrace(report: Report, options: { mostEvents?: number } = {}): Trace {
  const { mostEvents = 200_000 } = requireOptions(options);
  requireReport(report);
  requireInteger('options.mostEvents', mostEvents, 0);
  const events: TraceEvent[] = [];
  const devices = report.devices.length;
  const replicas = report.chips / devices;
  for (let d = 0; d < devices; d++) {
    const one = `${report.hardware}${devices > 1 ? `, device ${d}` : ''}${replicas > 1 ? ` (1 of ${replicas})` : ''}`;
    events.push(
      nameEvent('process_name', d, 0, `${one}: ${report.model}`),
      nameEvent('thread_name', d, passThread, 'passes'),
      nameEvent('thread_name', d, computeThread, 'compute'),
      nameEvent('thread_name', d, networkThread, 'network'),
    );
  }
  let flows = passEvents(report, events);
  const perMicroBatch = report.steps.reduce((sum, step) => sum + step.times, 0);
  if (3 * perMicroBatch > mostEvents) return { displayTimeUnit: 'ns', traceEvents: events };
  const before: (number | undefined)[] = [];
  for (const { device, layer, kind, start, seconds, limit, macs, bytes, exchanged, held } of report.timeline()) {
    const tid = kind === 'exchange' ? networkThread : computeThread;
    const [ts, dur] = [start * 1e6, seconds * 1e6];
    if (tid === networkThread && before[device] !== undefined) {
      const id = flows++;
      events.push(
        { ph: 's', name: 'exchange', cat: 'flow', id, pid: device, tid: computeThread, ts: before[device] },
        { ph: 'f', bp: 'e', name: 'exchange', cat: 'flow', id, pid: device, tid, ts },
      );
    }
    if (seconds > 0)
      events.push(
        {
          ph: 'X',
          name: `${layer} ${kind}`,
          cat: kind,
          pid: device,
          tid,
          ts,
          dur,
          args:
            kind === 'exchange'
              ? { 'exchanged, bytes': exchanged }
              : { limit, 'multiply-accumulates': macs, 'memory traffic, bytes': bytes },
        },
        { ph: 'C', name: 'rate', pid: device, ts, args: { 'Tmac/s': macs / seconds / 1e12, 'GB/s': bytes / seconds / 1e9 } },
      );
    events.push({ ph: 'C', name: 'memory held, bytes', pid: device, ts: ts + dur, args: { bytes: held } });
    if (tid === computeThread) before[device] = ts + dur;
  }
  return { displayTimeUnit: 'ns', traceEvents: events };
}

/** A stretch for each pass and a flow for each transfer between devices; returns the flows there are. */
function passEvents(report: Report, events: TraceEvent[]): number {
  const ends = new Map<string, { device: number; end: number }>();
  const last = report.stages.length - 1;
  const passes = report.passes();
  for (const { device, kind, stage, microBatch, start, seconds } of passes) {
    events.push({
      ph: 'X',
      name: `${kind}${microBatch}`,
      cat: { F: 'forward pass', B: 'backward pass', W: 'weight gradient pass' }[kind as string] ?? kind,
      pid: device,
      tid: passThread,
      ts: start * 1e6,
      dur: seconds * 1e6,
      args: { stage, 'micro-batch': microBatch },
    });
    ends.set(`${kind}/${stage}/${microBatch}`, { device, end: start + seconds });
  }
  let flows = 0;
  for (const { device, kind, stage, microBatch, start } of passes) {
    const neighbour = kind === 'F' ? stage - 1 : kind === 'B' ? stage + 1 : -1;
    if (neighbour < 0 || neighbour > last) continue;
    const from = ends.get(`${kind}/${neighbour}/${microBatch}`);
    if (!from || from.device === device) continue;
    const id = flows++;
    events.push(
      { ph: 's', name: 'transfer', cat: 'transfer', id, pid: from.device, tid: passThread, ts: from.end * 1e6 },
      { ph: 'f', bp: 'e', name: 'transfer', cat: 'transfer', id, pid: device, tid: passThread, ts: start * 1e6 },
    );
  }
  return flows;
}
