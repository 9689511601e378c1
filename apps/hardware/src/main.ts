import { CommanderError } from 'commander';
import { parseOptions, type HardwareOptions } from './options.ts';

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  let options: HardwareOptions;
  try {
    options = parseOptions(args);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) console.error(`${error.message}\n'npm run hardware -- --help' lists the options.`);
    return error.exitCode;
  }
  try {
    // Only now, so that help and wrong options cost nothing.
    const { run } = await import('./run.ts');
    await run(options, (line) => console.log(line));
    return 0;
  } catch (error) {
    console.error(process.env['DEBUG'] ? error : `error: ${(error as Error).message}`);
    return 1;
  }
}
