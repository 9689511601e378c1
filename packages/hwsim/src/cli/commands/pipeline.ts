import { Option, type Command } from 'commander';
import { pipelineHtml } from '../../html/pipeline-html.ts';
import { namedSchedules, scheduleNames, type ScheduleName } from '../../pipeline/named-schedules.ts';
import { simulatePipeline } from '../../pipeline/simulate-pipeline.ts';
import { pipelineTrace } from '../../trace/pipeline-trace.ts';
import { writeFiles } from '../files.ts';
import { number, type Output } from '../output.ts';

interface PipelineOptions {
  schedule: ScheduleName;
  devices: number;
  microBatches: number;
  forward: number;
  backward: number;
  weight: number;
  transfer: number;
  out?: string;
}

export function pipelineCommand(root: Command, { say }: Output): void {
  root
    .command('pipeline')
    .description('simulate a pipeline schedule')
    .addOption(new Option('--schedule <name>').choices(scheduleNames).default('1f1b'))
    .option('--devices <n>', 'devices one behind another', number, 4)
    .option('--micro-batches <n>', 'parts of a batch', number, 8)
    .option('--forward <time>', 'of a stage, any unit', number, 1)
    .option('--backward <time>', 'the input gradient only in zero-bubble schedules', number, 1)
    .option('--weight <time>', 'weight gradient, zero-bubble schedules', number, 1)
    .option('--transfer <time>', 'between stages', number, 0)
    .option('--out <folder>', 'write trace.json and pipeline.html there')
    .action(async ({ schedule, devices, microBatches, forward, backward, weight, transfer, out }: PipelineOptions) => {
      const costs = { forward, backward, weightGradient: weight, transfer };
      const run = simulatePipeline(namedSchedules[schedule].make(devices, microBatches, costs), costs);
      say(
        `${run.schedule.name}: makespan ${run.makespan} units, bubble ${(100 * run.bubble).toFixed(2)} % of device time, at most ${run.peakInFlight.reduce((a, b) => Math.max(a, b), 0)} micro-batches (or chunks) in flight`,
      );
      if (out !== undefined)
        writeFiles(out, { 'trace.json': JSON.stringify(pipelineTrace(run)), 'pipeline.html': await pipelineHtml(run) }, say);
    });
}
