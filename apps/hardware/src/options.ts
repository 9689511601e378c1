import { Command, InvalidArgumentError } from 'commander';

export interface HardwareOptions {
  /** Directories with the demo's results. */
  readonly models: readonly string[];
  readonly batch: number;
  /** Part of the weights that exist in the sparse what-if of a dense network. */
  readonly density: number;
  readonly out: string;
}

/**
 * What the command line asks for.
 *
 * @throws CommanderError whose message names option, value and remedy; its exitCode is 0 after `--help`.
 */
export function parseOptions(args: readonly string[]): HardwareOptions {
  return new Command('npm run hardware --')
    .description(
      "Costs the demo's trained networks on every chip of @x/hwsim's library, dense and sparse, in single precision and in 8 bits, without having the chips.",
    )
    .option('--models <directories>', "the demo's results, comma-separated", names, ['out'])
    .option('--batch <n>', 'images at once', whole, 1)
    .option('--density <part>', 'of the hidden weights, in the sparse what-if of a dense network', part, 0.1)
    .option('--out <directory>', 'where hardware.html and hardware.json go', 'out')
    .helpOption('--help', 'show this and exit')
    .exitOverride()
    .configureOutput({ writeErr: () => {} }) // the message is the error's; main.ts shows it
    .parse(args, { from: 'user' })
    .opts<HardwareOptions>();
}

function names(text: string): string[] {
  const directories = text.split(',').filter((name) => name !== '');
  if (directories.length === 0) throw new InvalidArgumentError('Give at least one directory, such as "out".');
  return directories;
}

function whole(text: string): number {
  if (!/^\d+$/.test(text) || Number(text) < 1 || Number(text) > 100_000)
    throw new InvalidArgumentError('Give a whole number from 1 to 100000.');
  return Number(text);
}

function part(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0 && value < 1)) throw new InvalidArgumentError('Give a part between 0 and 1, such as 0.1.');
  return value;
}
