import { Command } from 'commander';
import { collectiveCommand } from './commands/collective.ts';
import { pipelineCommand } from './commands/pipeline.ts';
import { placeCommand } from './commands/place.ts';
import { rooflineCommand } from './commands/roofline.ts';
import { runCommand } from './commands/run.ts';
import { sweepCommand } from './commands/sweep.ts';
import type { Output } from './output.ts';

/** The command line as an object, so that it can be run by a test. */
export function program(output: Output): Command {
  const root = new Command('hwsim').description('What a model would cost on hardware that isn’t here');
  for (const add of [runCommand, rooflineCommand, pipelineCommand, collectiveCommand, placeCommand, sweepCommand]) add(root, output);
  return root;
}
