import { computeFormat, type Hardware } from '../hardware/hardware.ts';
import type { Report } from '../simulate.ts';
import { reportTrace } from '../trace/report-trace.ts';
import type { Trace } from '../trace/trace-events.ts';
import { drawChart, type ChartSpec } from './chart.ts';
import { htmlPage, htmlTable, withUnit } from './page.ts';

const width = 820;

/**
 * A report as one HTML page with everything in it: summary, roofline with each step as a point, time of each layer, utilisation, energy, memory over time, and the
 * timeline drawn from the report's own trace.
 */
export async function reportHtml(report: Report, hardware: Hardware): Promise<string> {
  const section = async (title: string, spec: ChartSpec): Promise<{ title: string; body: string }> => ({
    title,
    body: await drawChart(spec),
  });
  const { time, energy, memory } = report;
  const summary = htmlTable(
    ['', ''],
    [
      ['chip', `${report.hardware}${report.chips > 1 ? `, one of ${report.chips}` : ''}`],
      ['precision', report.precision],
      ['time', withUnit(time, 's')],
      ['energy', withUnit(energy.total, 'J')],
      ['utilisation', `${(100 * report.utilisation).toFixed(1)} % of the peak`],
      ['memory', `${withUnit(memory.peak, 'B')} of ${withUnit(hardware.memory.capacity, 'B')}${memory.fits ? '' : ': does not fit'}`],
      ['figures of the chip', hardware.source],
    ],
  );
  return htmlPage(`${report.model} on ${report.hardware}`, [
    { title: 'Summary', body: summary },
    await section('Roofline', rooflineSpec(report, hardware)),
    await section('Time of each layer', layerSpec(report)),
    await section('Utilisation of each layer', utilisationSpec(report, hardware)),
    await section('Energy', energySpec(report)),
    await section('Memory over time', memorySpec(report)),
    await section('Timeline', timelineSpec(reportTrace(report))),
  ]);
}

/** Operations a second over operations a byte, on logarithmic axes, under the chip's roof. */
export function rooflineSpec(report: Report, hardware: Hardware): ChartSpec {
  const { peak } = computeFormat(hardware, report.precision);
  const points = report.steps
    .filter((step) => step.macs > 0 && step.bytes > 0)
    .map((step) => ({
      step: `${step.layer} ${step.kind}`,
      intensity: (2 * step.macs) / step.bytes,
      rate: (2 * step.macs) / step.seconds,
      limit: step.limit,
    }));
  const ridge = peak / hardware.memory.bandwidth;
  const [least, most] = [
    Math.min(ridge / 100, ...points.map((p) => p.intensity)),
    Math.max(ridge * 100, ...points.map((p) => p.intensity)),
  ];
  const roof = [least, ridge, most].map((intensity) => ({ intensity, rate: Math.min(peak, intensity * hardware.memory.bandwidth) }));
  const x = {
    field: 'intensity',
    type: 'quantitative',
    scale: { type: 'log' },
    axis: { format: '~s' },
    title: 'operations a byte',
  } as const;
  const y = { field: 'rate', type: 'quantitative', scale: { type: 'log' }, axis: { format: '~s' }, title: 'operations a second' } as const;
  return {
    width,
    height: 320,
    layer: [
      { data: { values: roof }, mark: { type: 'line', color: '#444' }, encoding: { x, y } },
      {
        data: { values: points },
        mark: { type: 'point', filled: true, size: 60 },
        encoding: { x, y, color: { field: 'limit', type: 'nominal', title: 'limited by' } },
      },
    ],
  };
}

function layerSpec(report: Report): ChartSpec {
  return {
    width,
    height: { step: 14 },
    data: { values: report.steps.map(({ layer, kind, seconds }) => ({ layer, kind, milliseconds: seconds * 1e3 })) },
    mark: 'bar',
    encoding: {
      y: { field: 'layer', type: 'nominal', sort: null, title: null },
      x: { field: 'milliseconds', type: 'quantitative', aggregate: 'sum', title: 'milliseconds' },
      color: { field: 'kind', type: 'nominal', title: null },
    },
  };
}

function utilisationSpec(report: Report, hardware: Hardware): ChartSpec {
  const { peak } = computeFormat(hardware, report.precision);
  const layers = new Map<string, { macs: number; seconds: number }>();
  for (const { layer, macs, seconds } of report.steps) {
    const sum = layers.get(layer) ?? { macs: 0, seconds: 0 };
    layers.set(layer, { macs: sum.macs + macs, seconds: sum.seconds + seconds });
  }
  return {
    width,
    height: { step: 14 },
    data: {
      values: Array.from(layers, ([layer, { macs, seconds }]) => ({ layer, percent: seconds === 0 ? 0 : (200 * macs) / (seconds * peak) })),
    },
    mark: 'bar',
    encoding: {
      y: { field: 'layer', type: 'nominal', sort: null, title: null },
      x: { field: 'percent', type: 'quantitative', scale: { domain: [0, 100] }, title: 'percent of the peak' },
    },
  };
}

function energySpec({ energy }: Report): ChartSpec {
  return {
    width,
    height: { step: 24 },
    data: { values: (['arithmetic', 'memory', 'idle'] as const).map((part) => ({ part, millijoules: energy[part] * 1e3 })) },
    mark: 'bar',
    encoding: {
      y: { field: 'part', type: 'nominal', sort: null, title: null },
      x: { field: 'millijoules', type: 'quantitative', title: 'millijoules a batch and chip' },
    },
  };
}

function memorySpec(report: Report): ChartSpec {
  return {
    width,
    height: 200,
    data: {
      values: [...report.steps, { start: report.time, held: report.steps.at(-1)?.held ?? 0 }].map(({ start, held }) => ({
        milliseconds: start * 1e3,
        mebibytes: held / 2 ** 20,
      })),
    },
    mark: { type: 'area', interpolate: 'step-after' },
    encoding: {
      x: { field: 'milliseconds', type: 'quantitative' },
      y: { field: 'mebibytes', type: 'quantitative', title: 'mebibytes held' },
    },
  };
}

/** The stretches of a trace as bars, a row for each process and thread, idle time between them in red. */
export function timelineSpec(trace: Trace): ChartSpec {
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
    const row = processes === 1 ? thread : `${names.get(`${event.pid}`) ?? event.pid}, ${thread}`;
    if (!rows.has(row)) rows.set(row, []);
    rows.get(row)!.push(event);
    end = Math.max(end, event.ts + event.dur);
  }
  const values = Array.from(rows).flatMap(([row, stretches]) => {
    let now = 0;
    const bars: { row: string; from: number; to: number; what: string }[] = [];
    for (const { ts, dur, cat } of stretches.toSorted((a, b) => a.ts - b.ts)) {
      if (ts > now * (1 + 1e-9) && ts > now) bars.push({ row, from: now, to: ts, what: 'bubble' });
      bars.push({ row, from: ts, to: ts + dur, what: cat });
      now = Math.max(now, ts + dur);
    }
    if (end > now * (1 + 1e-9)) bars.push({ row, from: now, to: end, what: 'bubble' });
    return bars;
  });
  const kinds = [...new Set(values.map((v) => v.what))].filter((what) => what !== 'bubble').toSorted();
  const palette = ['#4c78a8', '#54a24b', '#b279a2', '#f58518', '#72b7b2', '#9d755d', '#bab0ac'];
  return {
    width,
    height: { step: 22 },
    data: { values },
    mark: { type: 'bar', stroke: 'white', strokeWidth: 0.3 },
    encoding: {
      y: { field: 'row', type: 'nominal', sort: null, title: null },
      x: { field: 'from', type: 'quantitative', title: 'microseconds' },
      x2: { field: 'to' },
      color: {
        field: 'what',
        type: 'nominal',
        title: null,
        scale: { domain: [...kinds, 'bubble'], range: [...kinds.map((_, i) => palette[i % palette.length]!), '#f4c7c3'] },
      },
    },
  };
}
