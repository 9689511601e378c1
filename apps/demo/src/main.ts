import { CommanderError } from 'commander';
import { parseOptions, type DemoOptions } from './options.ts';

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  let options: DemoOptions;
  try {
    options = parseOptions(args);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) console.error(`${error.message}\n'npm run demo -- --help' lists the options.`);
    return error.exitCode;
  }
  // Ctrl-C ends the run between two steps, before any result is written; a second one ends it at once.
  const interruption = new AbortController();
  process.once('SIGINT', () => interruption.abort());
  // Only now, so that help and wrong options cost nothing.
  const [{ run }, { createTerminal }] = await Promise.all([import('./run.ts'), import('./terminal.ts')]);
  const terminal = createTerminal(process.stdout);
  try {
    await run(options, terminal, interruption.signal);
    return 0;
  } catch (error) {
    terminal.close();
    if (interruption.signal.aborted) {
      console.error('Interrupted; no result was written.');
      return 130;
    }
    console.error(process.env['DEBUG'] ? error : `error: ${(error as Error).message}`);
    return 1;
  }
}
