import type { Trace } from '../trace/trace-events.ts';
import type { ChartSpec } from './chart.ts';

/** One colour for a kind of work in every chart. */
export const workColours: Readonly<Record<string, string>> = {
  forward: '#54a24b',
  'input gradient': '#4c78a8',
  'weight gradient': '#b279a2',
  recompute: '#72b7b2',
  optimizer: '#9d755d',
  exchange: '#f58518',
  waiting: '#f4c7c3',
};

/** Of passes, by what they mostly are. */
const passColours: Readonly<Record<string, string>> = {
  F: workColours.forward!,
  'forward pass': workColours.forward!,
  B: workColours['input gradient']!,
  'backward pass': workColours['input gradient']!,
  W: workColours['weight gradient']!,
  'weight gradient pass': workColours['weight gradient']!,
  bubble: workColours.waiting!,
};

/** For what has no colour of its own. */
const otherColours = ['#bab0ac', '#eeca3b', '#ff9da6', '#83bcb6'];

/** Bars more than these are too many to see, and make a page of many megabytes. */
export const mostBars = 6000;

/**
 * The stretches of a trace as bars, a row for each process and thread, idle time between them in red.
 *
 * @param options.threads names of the threads to draw; all when left out
 * @param options.unit what a microsecond of the trace stands for; seconds and their parts when left out
 */
export function timelineSpec(trace: Trace, options: { width?: number; threads?: readonly string[]; unit?: string } = {}): ChartSpec {
  const { width = 820, threads, unit: named } = options;
  const names = new Map<string, string>();
  for (const event of trace.traceEvents)
    if (event.ph === 'M' && event.name !== 'process_sort_index')
      names.set(event.name === 'process_name' ? `${event.pid}` : `${event.pid}/${event.tid}`, String(event.args.name));
  const processes = new Set(trace.traceEvents.map((event) => event.pid)).size;
  const rows = new Map<string, { ts: number; dur: number; cat: string }[]>();
  let end = 0;
  for (const event of trace.traceEvents) {
    if (event.ph !== 'X') continue;
    const thread = names.get(`${event.pid}/${event.tid}`) ?? `${event.tid}`;
    if (threads && !threads.includes(thread)) continue;
    const process = processes === 1 ? '' : `device ${event.pid}`;
    const row = threads?.length === 1 && process !== '' ? process : [process, thread].filter((part) => part !== '').join(', ');
    if (!rows.has(row)) rows.set(row, []);
    rows.get(row)!.push(event);
    end = Math.max(end, event.ts + event.dur);
  }
  // One unit for all, large enough to be read.
  const [unit, scale] =
    named !== undefined ? [named, 1] : end >= 1e6 ? ['seconds', 1e-6] : end >= 1e3 ? ['milliseconds', 1e-3] : ['microseconds', 1];
  const values = Array.from(rows).flatMap(([row, stretches]) => {
    let now = 0;
    const bars: { row: string; from: number; to: number; what: string }[] = [];
    const put = (from: number, to: number, what: string): number => bars.push({ row, from: from * scale, to: to * scale, what });
    for (const { ts, dur, cat } of stretches.toSorted((a, b) => a.ts - b.ts)) {
      if (ts > now + 1e-9 * end) put(now, ts, 'bubble');
      put(ts, ts + dur, cat);
      now = Math.max(now, ts + dur);
    }
    if (end > now * (1 + 1e-9)) put(now, end, 'bubble');
    return bars;
  });
  const known = [...Object.keys(workColours), ...Object.keys(passColours)];
  const kinds = [...new Set(values.map((v) => v.what))].toSorted((a, b) => known.indexOf(a) - known.indexOf(b) || (a < b ? -1 : 1));
  let others = 0;
  const colours = kinds.map((kind) => workColours[kind] ?? passColours[kind] ?? otherColours[others++ % otherColours.length]!);
  return {
    width,
    height: { step: 22 },
    data: { values },
    mark: { type: 'bar', stroke: 'white', strokeWidth: 0.3 },
    encoding: {
      y: { field: 'row', type: 'nominal', sort: null, title: null },
      x: { field: 'from', type: 'quantitative', title: unit, scale: { domain: [0, end * scale], nice: false } },
      x2: { field: 'to' },
      color: {
        field: 'what',
        type: 'nominal',
        title: null,
        scale: { domain: kinds, range: colours },
        legend: { orient: 'bottom', columns: 6, labelLimit: 300 },
      },
    },
  };
}
