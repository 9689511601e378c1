import { Command, InvalidArgumentError, Option } from 'commander';
import type { Tier } from '@x/tensor';
import { modelNames, type ModelName } from './models.ts';

export interface DemoOptions {
  readonly epochs: number;
  readonly model: ModelName;
  readonly seed: number;
  /** All cores, unless given. */
  readonly threads?: number;
  /** The best that runs here, unless given. */
  readonly tier?: Tier;
  readonly batch: number;
  readonly trainExamples: number;
  readonly compare: boolean;
  readonly out: string;
}

const tiers: readonly Tier[] = ['simd', 'relaxed', 'wide'];

/**
 * What the command line asks for.
 *
 * @throws CommanderError whose message names option, value and remedy; its exitCode is 0 after `--help`.
 */
export function parseOptions(args: readonly string[]): DemoOptions {
  return new Command('npm run demo --')
    .description(
      'Trains a network on Fashion-MNIST with backend x of @x/tensor, compares it with the backends of tfjs, and writes a report, its numbers and the model.',
    )
    .option('--epochs <n>', 'passes over the training images', wholeNumber(1, 1000), 10)
    .addOption(new Option('--model <name>', 'network to train').choices(modelNames).default('mlp'))
    .option('--seed <n>', 'of the first weights and the order of the images', wholeNumber(0, Number.MAX_SAFE_INTEGER), 1)
    .option('--threads <n>', 'threads to compute with (default: all cores)', wholeNumber(1, 64))
    .addOption(new Option('--tier <name>', 'best instruction set to use (default: the best that runs here)').choices(tiers))
    .option('--batch <n>', 'images in a step of training', wholeNumber(1, 60_000), 128)
    .option('--train-examples <n>', 'train on the first n images only, for a short run', wholeNumber(10, 60_000), 60_000)
    .option('--no-compare', 'leave out the comparison with the backends of tfjs')
    .option('--out <directory>', 'where the results go', directoryName, 'out')
    .helpOption('--help', 'show this and exit')
    .exitOverride()
    .configureOutput({ writeErr: () => {} }) // the message is the error's; main.ts shows it
    .parse(args, { from: 'user' })
    .opts<DemoOptions>();
}

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}, or leave it out.`);
    return value;
  };
}

function directoryName(text: string): string {
  if (text === '') throw new InvalidArgumentError('Give the name of a directory, or leave it out for "out".');
  return text;
}
