import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A Python program in a process of its own that does one thing for each line it reads. */
export interface PythonPeer {
  /** Sends a line and waits until it is done. */
  ask(request: string): Promise<void>;
  stop(): void;
}

/**
 * Starts a program with Debian's Python, where PyTorch is, or gives undefined where it doesn't come up. It is told the number of threads, and must
 * print `ready`, then `done` after each line it has read. Between requests it is stopped, so that threads that wait by spinning take nothing from the next candidate.
 */
export async function startPythonPeer(program: URL, threads: number): Promise<PythonPeer | undefined> {
  const count = String(threads);
  // A peer runs at its best: OpenBLAS finds the processor out by itself, and OpenMP's threads leave the cores to OpenBLAS's.
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('OPENBLAS_')));
  const child = spawn('/usr/bin/python3', [fileURLToPath(program), count], {
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
  const stop = (): void => void child.kill('SIGKILL');
  if ((await Promise.race([line(), ended])) !== 'ready') {
    stop();
    return undefined;
  }
  child.kill('SIGSTOP');
  process.once('exit', stop);
  return {
    ask: async (request) => {
      const done = line();
      child.kill('SIGCONT');
      child.stdin.write(`${request}\n`);
      if ((await Promise.race([done, ended])) !== 'done') throw new Error(`The Python peer failed at: ${request}`);
      child.kill('SIGSTOP');
    },
    stop,
  };
}
