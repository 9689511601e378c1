import type { Report } from '../simulate.ts';
import { nameEvent, type Trace, type TraceEvent } from './trace-events.ts';

/**
 * A report as a trace: one process for the chip, threads for compute and network, a flow from the last gradient to the exchange, counters of bytes held and of
 * the rates of arithmetic and memory.
 */
export function reportTrace(report: Report): Trace {
  const events: TraceEvent[] = [
    nameEvent('process_name', 0, 0, `${report.hardware}${report.chips > 1 ? ` (1 of ${report.chips})` : ''}: ${report.model}`),
    nameEvent('thread_name', 0, 0, 'compute'),
    nameEvent('thread_name', 0, 1, 'network'),
  ];
  let before: number | undefined;
  for (const { layer, kind, start, seconds, limit, macs, bytes, held } of report.steps) {
    const tid = kind === 'exchange' ? 1 : 0;
    const [ts, dur] = [start * 1e6, seconds * 1e6];
    if (tid === 1 && before !== undefined)
      events.push(
        { ph: 's', name: 'gradients', cat: 'flow', id: 0, pid: 0, tid: 0, ts: before },
        { ph: 'f', bp: 'e', name: 'gradients', cat: 'flow', id: 0, pid: 0, tid: 1, ts },
      );
    events.push(
      { ph: 'X', name: `${layer} ${kind}`, cat: kind, pid: 0, tid, ts, dur, args: { limit, macs, bytes } },
      { ph: 'C', name: 'memory held, bytes', pid: 0, ts, args: { bytes: held } },
      {
        ph: 'C',
        name: 'rate',
        pid: 0,
        ts,
        args: { 'Tmac/s': seconds === 0 ? 0 : macs / seconds / 1e12, 'GB/s': seconds === 0 ? 0 : bytes / seconds / 1e9 },
      },
    );
    before = ts + dur;
  }
  return { displayTimeUnit: 'ns', traceEvents: events };
}
