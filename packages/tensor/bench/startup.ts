import { execFileSync } from 'node:child_process';
import { compare, type Comparison } from '@x-tooling/bench';

/** A fresh process that imports the built package and enables it, beside one that only imports tfjs-core. */
export async function startup(): Promise<Comparison[]> {
  const own = new URL('../dist/index.js', import.meta.url).href;
  const program = (body: string): string => `${body}; process.exit();`;
  const start = (code: string) => (): void =>
    void execFileSync(process.execPath, ['--input-type=module', '-e', code], { cwd: import.meta.dirname });
  return [
    await compare({
      name: 'start of a process',
      candidates: {
        'Node alone': start(program('')),
        'Node and tfjs-core': start(program(`await import('@tensorflow/tfjs-core')`)),
        'Node, tfjs-core, @x/tensor and enable()': start(program(`const { enable } = await import('${own}'); await enable()`)),
      },
      seconds: 4,
    }),
  ];
}
