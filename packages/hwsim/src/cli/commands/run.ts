import type { Command } from 'commander';
import { simulateArray } from '../../array/simulate-array.ts';
import { readScaleSimConfig } from '../../array/scale-sim-config.ts';
import { reportCsv } from '../../report-csv.ts';
import { simulate } from '../../simulate/simulate.ts';
import { readModel, readText, writeFiles } from '../files.ts';
import { simulateOptions, withModel, withTraining, type ModelOptions } from '../model-options.ts';
import { summary, type Output } from '../output.ts';

export function runCommand(root: Command, { say, note }: Output): void {
  withTraining(withModel(root.command('run').description('cost a model on chips, or layer by layer on a systolic array')))
    .option('--scale-sim <file>', 'a SCALE-Sim configuration: follow the layers through its array and write its reports')
    .option('--out <folder>', 'write report.json, steps.csv, trace.json and report.html there')
    .action(async (options: ModelOptions & { scaleSim?: string; out?: string }) => {
      if (options.scaleSim !== undefined) {
        const config = readScaleSimConfig(readText(options.scaleSim), { name: options.scaleSim });
        const run = simulateArray(
          readModel(options.model),
          { ...config, compat: 'scalesim-v3' },
          { onLayer: (layer, i, n) => note(`${i + 1}/${n} ${layer.layer}: ${layer.cycles} cycles`) },
        );
        if (options.out !== undefined) writeFiles(options.out, run.files, say);
        else say(run.files['COMPUTE_REPORT.csv']!.trimEnd());
        return;
      }
      const report = simulate(simulateOptions(options));
      say(summary(report));
      if (options.out !== undefined)
        writeFiles(
          options.out,
          {
            'report.json': `${JSON.stringify({ units: { time: 's', energy: 'J', memory: 'B', bytes: 'B', rest: 'shares and counts' }, ...report }, null, 1)}\n`,
            'steps.csv': reportCsv(report),
            'trace.json': report.toPerfetto(),
            'report.html': await report.toHtml(),
          },
          say,
        );
    });
}
