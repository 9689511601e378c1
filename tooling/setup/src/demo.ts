// Compiles the kernels unless they are up to date, then runs the demo with our arguments.
import { join } from 'node:path';
import { compileKernels } from './compile-kernels.ts';
import { root } from './root.mjs';
import { runCommand } from './run-command.mjs';

const program = join(root, 'apps/demo/src/main.ts');
process.exitCode =
  (await compileKernels('@x/demo')) ||
  (await runCommand(process.execPath, ['--conditions=@x/source', program, ...process.argv.slice(2)], { cwd: root }));
