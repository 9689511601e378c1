// Compiles the kernels unless they are up to date, then costs the demo's networks on other hardware with our arguments.
import { join } from 'node:path';
import { compileKernels } from './compile-kernels.ts';
import { root } from './root.mjs';
import { runCommand } from './run-command.mjs';

const program = join(root, 'apps/hardware/src/main.ts');
process.exitCode =
  (await compileKernels('@x/hardware')) ||
  (await runCommand(process.execPath, ['--conditions=@x/source', program, ...process.argv.slice(2)], { cwd: root }));
