import { readHardware, type Hardware } from '../hardware/hardware.ts';
import { requireReport, type Report } from '../simulate/report.ts';
import { reportTrace } from '../trace/report-trace.ts';
import { drawChart, type ChartSpec } from './chart.ts';
import { htmlPage, htmlTable, withUnit } from './page.ts';
import { energySpec, kindSpec, layerSpec, leftOut, memorySpec, rooflineSpec, utilisationSpec } from './report-charts.ts';
import { mostBars, timelineSpec } from './timeline-chart.ts';

/**
 * A report as one HTML page with everything in it: summary, roofline with each step as a point, time of each layer, utilisation, energy, memory over time, and the
 * timeline drawn from the report's own trace; of a pipeline also its stages, and its Gantt chart with bubbles marked.
 */
export async function reportHtml(report: Report, hardware: Hardware): Promise<string> {
  requireReport(report);
  readHardware(hardware);
  const section = async (title: string, spec: ChartSpec, before = ''): Promise<{ title: string; body: string }> => ({
    title,
    body: before + (await drawChart(spec)),
  });
  const piped = report.devices.length > 1 || report.microBatches > 1;
  const exchanges = report.steps.some((step) => step.kind === 'exchange');
  return htmlPage(`${report.model} on ${report.chips > 1 ? `${report.chips} ${report.hardware}` : report.hardware}`, [
    { title: 'Summary', body: summary(report, hardware) },
    ...(report.devices.length > 1 ? [{ title: 'Pipeline stages', body: stageTable(report) }] : []),
    ...(piped ? [await gantt(report)] : []),
    ...(piped || exchanges ? [await section('Where the time goes', kindSpec(report))] : []),
    await section('Roofline', rooflineSpec(report, hardware)),
    await section('Time of each layer', layerSpec(report), leftOut(report)),
    await section('Utilisation of each layer', utilisationSpec(report, hardware), leftOut(report)),
    await section('Energy', energySpec(report)),
    await section('Memory over time', memorySpec(report)),
    ...(piped
      ? []
      : [await section('Timeline', timelineSpec(reportTrace(report), { threads: exchanges ? ['compute', 'network'] : ['compute'] }))]),
    { title: 'Where the figures come from', body: htmlTable(['chip', 'source'], [[hardware.name, hardware.source]]) },
  ]);
}

async function gantt(report: Report): Promise<{ title: string; body: string }> {
  const title = 'Timeline of the pipeline';
  const bars = report.devices.length * report.microBatches * 3;
  if (bars > mostBars) return { title, body: `<p>About ${bars} passes are too many to draw; open the trace in ui.perfetto.dev.</p>` };
  return { title, body: await drawChart(timelineSpec(reportTrace(report, { mostEvents: 0 }), { threads: ['passes'] })) };
}

function summary(report: Report, hardware: Hardware): string {
  const { time, energy, memory, parallel, samples } = report;
  const spread = (['data', 'tensor', 'pipeline'] as const).filter((kind) => parallel[kind] > 1).map((kind) => `${kind} ${parallel[kind]}`);
  const share = (part: number): string => `${(100 * part).toFixed(1)} %`;
  return htmlTable(
    ['', ''],
    [
      ['chips', `${report.chips}${spread.length > 0 ? `: ${spread.join(' x ')}` : ''}`],
      ...(parallel.expert > 1 ? [['experts', `divided among ${parallel.expert} of the data-parallel chips`] as const] : []),
      ['precision', report.precision],
      [report.training ? 'samples a step' : 'samples', String(samples)],
      ...(report.microBatches > 1 ? [['micro-batches', `${report.microBatches}, ${report.schedule}`] as const] : []),
      ['time', `${withUnit(time, 's')}, ${Number((samples / time).toPrecision(3)).toLocaleString('en')} samples a second`],
      [
        'energy, all chips',
        `${withUnit(energy.total, 'J')}, ${withUnit(energy.total / samples, 'J')} a sample; ${withUnit(energy.atFullPower, 'J')} if the chips drew full power`,
      ],
      ['utilisation', `${share(report.utilisation)} of the peak`],
      ...(report.devices.length > 1 ? [['bubble', `${share(report.bubble)} of the pipeline’s time`] as const] : []),
      ...(report.chips > 1 ? [['exchanges', `${share(report.exchange)} of the time`] as const] : []),
      [
        'memory of the fullest chip',
        `${withUnit(memory.peak, 'B')} of ${withUnit(hardware.memory.capacity, 'B')}${memory.fits ? '' : ': does not fit'}`,
      ],
      [
        '',
        `weights ${withUnit(memory.weights, 'B')}, activations ${withUnit(memory.activations, 'B')}${report.training ? `, gradients ${withUnit(memory.gradients, 'B')}, optimizer ${withUnit(memory.optimizer, 'B')}` : ''}`,
      ],
    ],
  );
}

function stageTable(report: Report): string {
  return htmlTable(
    [
      'stage',
      'device',
      'layers',
      'forward',
      'backward',
      ...(report.stages.some((s) => s.weightGradient > 0) ? ['weight gradient'] : []),
      'transfer',
      'memory peak',
    ],
    report.stages.map((stage, s) => {
      const d = report.devices.findIndex((device) => device.stages.includes(s));
      return [
        s,
        d,
        stage.layers.length === 1 ? stage.layers[0]! : `${stage.layers[0]} … ${stage.layers.at(-1)} (${stage.layers.length})`,
        withUnit(stage.forward, 's'),
        withUnit(stage.backward, 's'),
        ...(report.stages.some((other) => other.weightGradient > 0) ? [withUnit(stage.weightGradient, 's')] : []),
        withUnit(stage.transfer, 's'),
        withUnit(report.devices[d]!.memory.peak, 'B'),
      ];
    }),
  );
}
