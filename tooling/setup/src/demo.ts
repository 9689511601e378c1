// Compiles the kernels unless they are up to date, then runs the demo with our arguments.
import { join } from 'node:path';
import { root } from './root.mjs';
import { runCommand } from './run-command.mjs';
import { runStep } from './run-step.ts';

const { code, output } = await runStep('Compiling the kernels', 'turbo', [
  'run',
  'kernels',
  '--filter=@x/demo...',
  '--output-logs=errors-only',
]);
if (code !== 0) {
  console.error(output);
  process.exitCode = code;
} else {
  const program = join(root, 'apps/demo/src/main.ts');
  process.exitCode = await runCommand(process.execPath, ['--conditions=@x/source', program, ...process.argv.slice(2)], { cwd: root });
}
