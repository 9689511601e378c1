import type { Command } from 'commander';
import { precisions } from '../../hardware/hardware.ts';
import { hardwareLibrary } from '../../hardware/library.ts';
import { simulate } from '../../simulate/simulate.ts';
import { readModel } from '../files.ts';
import { withModel, type ModelOptions } from '../model-options.ts';
import { number, type Output } from '../output.ts';

export function sweepCommand(root: Command, { say, note }: Output): void {
  withModel(root.command('sweep').description('one model on every chip of the library that computes the precision, over batch sizes'))
    .option('--batches <list>', 'comma-separated', '1,4,16,64,256')
    .option('--train', 'training steps instead of inference')
    .action(({ model, precision, batches: list, train }: ModelOptions & { batches: string }) => {
      const batches = list.split(',').map(number);
      const chips = hardwareLibrary.filter((chip) =>
        precisions.slice(precisions.indexOf(precision)).some((format) => chip.peak[format] !== undefined),
      );
      const graph = readModel(model);
      say('hardware,precision,batch,time (s),time a sample (s),energy a sample (J),utilisation,memory (B),fits');
      chips.forEach((chip, i) => {
        note(`${i + 1}/${chips.length} ${chip.name}`);
        for (const batch of batches) {
          const report = simulate({
            model: graph,
            hardware: chip,
            precision,
            ...(train ? { training: { batch } } : { inference: { batch } }),
          });
          say(
            [
              chip.name,
              precision,
              batch,
              report.time,
              report.time / batch,
              report.energy.total / batch,
              report.utilisation,
              report.memory.peak,
              report.memory.fits,
            ].join(),
          );
        }
      });
    });
}
