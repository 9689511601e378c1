import type { Command } from 'commander';
import { simulate } from '../../simulate/simulate.ts';
import { simulateOptions, withModel, withTraining, type ModelOptions } from '../model-options.ts';
import type { Output } from '../output.ts';

export function rooflineCommand(root: Command, { say }: Output): void {
  withTraining(withModel(root.command('roofline').description('each layer against the chip’s peak and bandwidth'))).action(
    (options: ModelOptions) => {
      const report = simulate(simulateOptions(options));
      say('step\toperations a byte\tTop/s\tlimited by');
      for (const step of report.steps)
        if (step.macs > 0)
          say(
            `${step.layer} ${step.kind}\t${((2 * step.macs) / step.bytes).toPrecision(4)}\t${((2 * step.macs) / step.seconds / 1e12).toPrecision(4)}\t${step.limit}`,
          );
    },
  );
}
