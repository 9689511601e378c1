import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { root } from './root.mjs';
import { statusLine } from './status-line.mjs';

export interface StepResult {
  readonly code: number;
  /** What it printed on both streams. */
  readonly output: string;
}

/**
 * Runs a program at the top of the repository, saying that and for how long; what it prints is kept, for the case that it fails.
 * A signal to end ends the program and then us.
 *
 * @param describe says how a step went, given its exit code.
 */
export async function runStep(
  title: string,
  command: string,
  args: readonly string[],
  describe = (code: number): string => (code === 0 ? 'done' : 'FAILED'),
): Promise<StepResult> {
  const status = statusLine(title);
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1' };
  const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' });
  let ended: NodeJS.Signals | undefined;
  const end = (signal: NodeJS.Signals): void => {
    ended = signal;
    child.kill(signal);
  };
  process.on('SIGINT', end).on('SIGTERM', end);
  const heartbeat = setInterval(() => status.update('running'), 1000);
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (exit) => resolve(exit ?? 1));
    });
    if (ended) process.exit(128 + constants.signals[ended]);
    status.end(describe(code));
    return { code, output: Buffer.concat(chunks).toString('utf8') };
  } finally {
    clearInterval(heartbeat);
    process.off('SIGINT', end).off('SIGTERM', end);
  }
}
