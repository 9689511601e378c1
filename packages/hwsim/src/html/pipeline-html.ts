import { requireRun, type PipelineRun } from '../pipeline/simulate-pipeline.ts';
import { pipelineTrace } from '../trace/pipeline-trace.ts';
import { drawChart } from './chart.ts';
import { htmlPage, htmlTable } from './page.ts';
import { timelineSpec } from './timeline-chart.ts';
import { requireOptions } from '../validation.ts';

/** A pipeline run as one HTML page: its figures, and the Gantt chart of its trace with bubbles marked. */
export async function pipelineHtml(run: PipelineRun, options: { unit?: number } = {}): Promise<string> {
  requireOptions(options);
  requireRun(run);
  const { schedule, makespan, bubble, busy, peakInFlight } = run;
  if (schedule.order.reduce((sum, passes) => sum + passes.length, 0) > 20_000)
    throw new RangeError(`${schedule.name} has more than 20,000 passes, too many to draw; write its trace and open it in Perfetto`);
  const trace = pipelineTrace(run, options);
  return htmlPage(`${schedule.name}: ${schedule.devices} devices, ${schedule.microBatches} micro-batches`, [
    {
      title: 'Summary',
      body: htmlTable(
        ['', ''],
        [
          ['makespan', `${Number(makespan.toPrecision(12))} units`],
          ['bubble', `${(100 * bubble).toFixed(2)} % of device time`],
        ],
      ),
    },
    {
      title: 'Devices',
      body: htmlTable(
        ['device', 'busy, units', 'micro-batches in flight at most'],
        busy.map((time, d) => [d, time, peakInFlight[d]!]),
      ),
    },
    {
      title: 'Gantt chart',
      body: await drawChart(timelineSpec(trace, { threads: ['passes'], ...(options.unit === undefined && { unit: 'units' }) })),
    },
  ]);
}
