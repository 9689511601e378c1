import { runStep } from './run-step.ts';

/** Compiles the kernels that a package needs, unless they are up to date; the exit code, with what went wrong printed. */
export async function compileKernels(name: string): Promise<number> {
  const { code, output } = await runStep('Compiling the kernels', 'turbo', [
    'run',
    'kernels',
    `--filter=${name}...`,
    '--output-logs=errors-only',
  ]);
  if (code !== 0) console.error(output);
  return code;
}
