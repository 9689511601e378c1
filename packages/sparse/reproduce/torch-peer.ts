import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** PyTorch's dense training step in a process of its own; undefined where Debian's python3-torch isn't installed. */
export async function startTorch(threads: number): Promise<{ step(): Promise<void>; stop(): void } | undefined> {
  const count = String(threads);
  const { OPENBLAS_CORETYPE: _chosen, ...environment } = process.env;
  const child = spawn('/usr/bin/python3', [new URL('torch_dense_step.py', import.meta.url).pathname, count], {
    env: { ...environment, OPENBLAS_NUM_THREADS: count, OMP_NUM_THREADS: count, OMP_WAIT_POLICY: 'passive' },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const waiting: ((line: string) => void)[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.(line));
  const line = (): Promise<string> => new Promise((resolve) => waiting.push(resolve));
  const ended = new Promise<string>((resolve) => {
    child.on('error', () => resolve('absent'));
    child.on('exit', () => resolve('absent'));
  });
  if ((await Promise.race([line(), ended])) !== 'ready') return undefined;
  return {
    step: async () => {
      const done = line();
      child.stdin.write('step\n');
      if ((await Promise.race([done, ended])) !== 'done') throw new Error('PyTorch ended in the middle of a step');
    },
    stop: () => void child.kill(),
  };
}
