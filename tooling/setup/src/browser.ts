// Compiles the kernels unless they are up to date, then serves the browser app with our arguments, which are Vite's (--port, --host, --open).
import { join } from 'node:path';
import { compileKernels } from './compile-kernels.ts';
import { root } from './root.mjs';
import { runCommand } from './run-command.mjs';

const app = join(root, 'apps/browser');
process.exitCode =
  (await compileKernels('@x/browser')) ||
  (await runCommand(process.execPath, [join(app, 'node_modules/vite/bin/vite.js'), ...process.argv.slice(2)], { cwd: app }));
