import { computeFormat, type Hardware } from '../hardware/hardware.ts';
import type { Report, Step } from '../simulate/report.ts';
import type { ChartSpec } from './chart.ts';
import { workColours } from './timeline-chart.ts';

const width = 820;

/** Layers drawn one by one; of more, the costliest. */
const mostLayers = 60;

const legend = { orient: 'bottom', columns: 6, labelLimit: 300 } as const;

/** Operations a second over operations a byte, on logarithmic axes, under the chip's roof. A point for each layer and kind of work. */
export function rooflineSpec(report: Report, hardware: Hardware): ChartSpec {
  const { peak } = computeFormat(hardware, report.precision);
  const points = report.steps
    .filter((step) => step.macs > 0 && step.bytes > 0 && step.seconds > 0)
    .map((step) => ({
      step: `${step.layer} ${step.kind}`,
      intensity: (2 * step.macs) / step.bytes,
      rate: (2 * step.macs) / step.seconds,
      limit: step.limit,
    }));
  const ridge = peak / hardware.memory.bandwidth;
  const least = Math.min(ridge / 30, ...points.map((p) => p.intensity / 2));
  const most = Math.max(ridge * 30, ...points.map((p) => p.intensity * 2));
  const roof = [least, ridge, most].map((intensity) => ({ intensity, rate: Math.min(peak, intensity * hardware.memory.bandwidth) }));
  const rates = [...points.map((p) => p.rate), ...roof.map((p) => p.rate)];
  const axis = { format: '~s', tickCount: 8 } as const;
  const x = {
    field: 'intensity',
    type: 'quantitative',
    scale: { type: 'log', domain: [least, most] as [number, number], nice: false },
    axis,
    title: 'operations a byte',
  } as const;
  const y = {
    field: 'rate',
    type: 'quantitative',
    scale: { type: 'log', domain: [Math.min(...rates) / 2, peak * 2] as [number, number], nice: false },
    axis,
    title: 'operations a second',
  } as const;
  return {
    width,
    height: 320,
    layer: [
      { data: { values: roof }, mark: { type: 'line', color: '#444' }, encoding: { x, y } },
      {
        data: { values: points },
        mark: { type: 'point', filled: true, size: 60, opacity: 0.7 },
        encoding: { x, y, color: { field: 'limit', type: 'nominal', title: 'limited by', legend } },
      },
    ],
  };
}

const kindScale = { domain: Object.keys(workColours), range: Object.values(workColours) };

/** Seconds of each device of the pipeline by what it does, waiting included. */
export function kindSpec(report: Report): ChartSpec {
  const seconds = report.devices.map(() => new Map<string, number>());
  for (const { device, kind, seconds: time } of report.timeline()) seconds[device]!.set(kind, (seconds[device]!.get(kind) ?? 0) + time);
  const scale = report.time >= 1 ? 1 : 1e3;
  const values = seconds.flatMap((kinds, device) => {
    const busy = [...kinds.values()].reduce((a, b) => a + b, 0);
    return [...kinds, ['waiting', Math.max(0, report.time - busy)] as const].map(([kind, time]) => ({
      device: `device ${device}`,
      kind,
      place: kindScale.domain.indexOf(kind),
      time: time * scale,
    }));
  });
  return {
    width,
    height: { step: 22 },
    data: { values },
    mark: 'bar',
    encoding: {
      y: { field: 'device', type: 'nominal', sort: null, title: null },
      x: { field: 'time', type: 'quantitative', title: `${scale === 1 ? 'seconds' : 'milliseconds'} of a step`, scale: { nice: false } },
      color: { field: 'kind', type: 'nominal', title: null, scale: kindScale, legend: { ...legend, columns: 7 } },
      order: { field: 'place' },
    },
  };
}

/** The costliest layers in the model's order. */
function costliest(report: Report): { names: Set<string>; left: number } {
  const seconds = new Map<string, number>();
  for (const step of report.steps) seconds.set(step.layer, (seconds.get(step.layer) ?? 0) + step.seconds * step.times);
  const sorted = [...seconds].toSorted((a, b) => b[1] - a[1]);
  return { names: new Set(sorted.slice(0, mostLayers).map(([name]) => name)), left: Math.max(0, sorted.length - mostLayers) };
}

/** What is said above charts that leave layers out. */
export function leftOut(report: Report): string {
  const { left } = costliest(report);
  return left === 0 ? '' : `<p>The ${mostLayers} costliest layers; ${left} more are in the numbers.</p>`;
}

export function layerSpec(report: Report): ChartSpec {
  const { names } = costliest(report);
  return {
    width,
    height: { step: 14 },
    data: {
      values: report.steps
        .filter((step) => names.has(step.layer))
        .map(({ layer, kind, seconds, times }) => ({ layer, kind, milliseconds: seconds * times * 1e3 })),
    },
    mark: 'bar',
    encoding: {
      y: { field: 'layer', type: 'nominal', sort: null, title: null },
      x: { field: 'milliseconds', type: 'quantitative', aggregate: 'sum', title: 'milliseconds of one chip in a step' },
      color: { field: 'kind', type: 'nominal', title: null, scale: kindScale, legend: { ...legend, columns: 7 } },
    },
  };
}

export function utilisationSpec(report: Report, hardware: Hardware): ChartSpec {
  const { peak } = computeFormat(hardware, report.precision);
  const { names } = costliest(report);
  const multiplying = new Set(report.steps.filter(({ macs }) => macs > 0).map(({ layer }) => layer));
  const layers = new Map<string, { macs: number; seconds: number }>();
  for (const { layer, macs, seconds, times } of report.steps) {
    if (!names.has(layer) || !multiplying.has(layer)) continue;
    const sum = layers.get(layer) ?? { macs: 0, seconds: 0 };
    layers.set(layer, { macs: sum.macs + macs * times, seconds: sum.seconds + seconds * times });
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

export function energySpec({ energy }: Report): ChartSpec {
  const most = Math.max(energy.arithmetic, energy.memory, energy.idle);
  const [unit, scale] = most >= 1 ? ['joules', 1] : most >= 1e-3 ? ['millijoules', 1e3] : ['microjoules', 1e6];
  return {
    width,
    height: { step: 24 },
    data: { values: (['arithmetic', 'memory', 'idle'] as const).map((part) => ({ part, amount: energy[part] * scale })) },
    mark: 'bar',
    encoding: {
      y: { field: 'part', type: 'nominal', sort: null, title: null },
      x: { field: 'amount', type: 'quantitative', title: `${unit} a step, all chips` },
    },
  };
}

/** Bytes held on each device of the pipeline over time. */
export function memorySpec(report: Report): ChartSpec {
  const devices = report.devices.length;
  const total = report.steps.reduce((sum, step: Step) => sum + step.times, 0);
  // Enough points to see every rise and fall of a pipeline, and not more than a page can carry.
  const stride = Math.max(1, Math.ceil(total / 20_000));
  const values: { device: string; time: number; mebibytes: number }[] = [];
  const scale = report.time >= 1 ? 1 : 1e3;
  let [count, before] = [0, -1];
  const point = (device: number, time: number, bytes: number): void => {
    values.push({ device: `device ${device}`, time: time * scale, mebibytes: bytes / 2 ** 20 });
  };
  let last: { device: number; held: number } | undefined;
  for (const { device, start, seconds, held } of report.timeline()) {
    if (device !== before) {
      if (last) point(last.device, report.time, last.held);
      const { weights, optimizer } = report.devices[device]!.memory;
      point(device, 0, weights + optimizer);
    }
    if (count++ % stride === 0) point(device, start + seconds, held);
    before = device;
    last = { device, held };
  }
  if (last) point(last.device, report.time, last.held);
  return {
    width,
    height: 200,
    data: { values },
    mark: devices === 1 ? { type: 'area', interpolate: 'step-after' } : { type: 'line', interpolate: 'step-after', strokeWidth: 1 },
    encoding: {
      x: {
        field: 'time',
        type: 'quantitative',
        title: scale === 1 ? 'seconds' : 'milliseconds',
        scale: { domain: [0, report.time * scale], nice: false },
      },
      y: { field: 'mebibytes', type: 'quantitative', title: 'mebibytes held' },
      ...(devices > 1 && { color: { field: 'device', type: 'nominal' as const, title: null, sort: null, legend } }),
    },
  };
}
