import { requireList, requireObject } from '../validation.ts';

/**
 * Events of the Chrome trace format, which ui.perfetto.dev and chrome://tracing open. Times in microseconds.
 *
 * `X` a stretch of work, `M` a name for a process or thread, `C` counters, `s` and `f` the two ends of a flow.
 */
export type TraceEvent =
  | {
      readonly ph: 'X';
      readonly name: string;
      readonly cat: string;
      readonly pid: number;
      readonly tid: number;
      readonly ts: number;
      readonly dur: number;
      readonly args?: Readonly<Record<string, number | string>>;
    }
  | {
      readonly ph: 'M';
      readonly name: 'process_name' | 'thread_name' | 'process_sort_index';
      readonly pid: number;
      readonly tid: number;
      readonly args: Readonly<Record<string, number | string>>;
    }
  | { readonly ph: 'C'; readonly name: string; readonly pid: number; readonly ts: number; readonly args: Readonly<Record<string, number>> }
  | {
      readonly ph: 's' | 'f';
      readonly name: string;
      readonly cat: string;
      readonly id: number;
      readonly pid: number;
      readonly tid: number;
      readonly ts: number;
      readonly bp?: 'e';
    };

export interface Trace {
  readonly displayTimeUnit: 'ns' | 'ms';
  readonly traceEvents: readonly TraceEvent[];
}

/** Name of a process (a device) or thread (a stream). */
export function nameEvent(kind: 'process_name' | 'thread_name', pid: number, tid: number, name: string): TraceEvent {
  return { ph: 'M', name: kind, pid, tid, args: { name } };
}

/**
 * What breaks the rules of the trace-event format: times that aren't finite or negative, stretches of one thread that overlap without one lying in the
 * other, flows without both ends or going back in time, threads without a name.
 *
 * @returns one sentence for each fault; none for a good trace
 */
export function traceFaults(trace: Trace): string[] {
  const faults: string[] = [];
  const threads = new Map<string, { ts: number; dur: number; name: string }[]>();
  const named = new Set<string>();
  const flows = new Map<number, { start?: number; end?: number }>();
  for (const event of requireList('trace.traceEvents', requireObject('trace', trace).traceEvents)) {
    if (event.ph === 'M') {
      if (event.name === 'thread_name') named.add(`${event.pid}/${event.tid}`);
      continue;
    }
    if (!Number.isFinite(event.ts)) faults.push(`${event.name}: ts is ${event.ts}`);
    if (event.ph === 'C') {
      for (const [key, value] of Object.entries(event.args))
        if (!Number.isFinite(value)) faults.push(`counter ${event.name}.${key} is ${value}`);
      continue;
    }
    const thread = `${event.pid}/${event.tid}`;
    if (event.ph === 'X') {
      if (!(event.dur >= 0)) faults.push(`${event.name}: dur is ${event.dur}`);
      if (!threads.has(thread)) threads.set(thread, []);
      threads.get(thread)!.push(event);
      continue;
    }
    const flow = flows.get(event.id) ?? {};
    if ((event.ph === 's' ? flow.start : flow.end) !== undefined)
      faults.push(`flow ${event.id} has two ${event.ph === 's' ? 'starts' : 'ends'}`);
    flows.set(event.id, event.ph === 's' ? { ...flow, start: event.ts } : { ...flow, end: event.ts });
  }
  for (const [id, { start, end }] of flows) {
    if (start === undefined || end === undefined) faults.push(`flow ${id} has no ${start === undefined ? 'start' : 'end'}`);
    else if (end < start) faults.push(`flow ${id} ends at ${end}, before its start at ${start}`);
  }
  for (const [thread, stretches] of threads) {
    if (!named.has(thread)) faults.push(`thread ${thread} has no name`);
    const open: number[] = [];
    for (const { ts, dur, name } of stretches.toSorted((a, b) => a.ts - b.ts || b.dur - a.dur)) {
      // Microseconds as doubles: neighbours may differ in the last bits.
      const slack = 1e-9 * Math.max(1, Math.abs(ts));
      while (open.length > 0 && open.at(-1)! <= ts + slack) open.pop();
      if (open.length > 0 && open.at(-1)! < ts + dur - slack) faults.push(`${name} of thread ${thread} overlaps the one before it`);
      open.push(ts + dur);
    }
  }
  return faults;
}
