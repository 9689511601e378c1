// The commands of the README, on a machine with nothing but Node 20 and npm:
//   npm run demo [-- options]     npm run browser [-- options]     npm run hardware [-- options]     npm test [-- options]
import { prepare } from './src/prepare.mjs';
import { runCommand } from './src/run-command.mjs';

/** What each command runs once the tool chain is there: on the project's own Node, which comes with it. */
const programs = {
  demo: 'tooling/setup/src/demo.ts',
  browser: 'tooling/setup/src/browser.ts',
  hardware: 'tooling/setup/src/hardware.ts',
  check: 'tooling/setup/src/check.ts',
};

const [command, ...args] = process.argv.slice(2);
const program = Object.entries(programs).find(([name]) => name === command)?.[1];
if (program === undefined) {
  console.error(`Usage: node tooling/setup/run.mjs ${Object.keys(programs).join('|')} [options]`);
  process.exitCode = 2;
} else {
  try {
    const pnpm = await prepare();
    process.exitCode = await runCommand(...pnpm('exec', 'node', program, ...args));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
