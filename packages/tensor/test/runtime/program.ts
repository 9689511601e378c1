import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A program that takes longer than this hangs. */
const PATIENCE_MS = 25_000;

export interface ProgramResult {
  /** What the program reported: the last line it printed, as JSON. */
  readonly report: unknown;
  /** How it ended: its exit code, or the signal that killed it. */
  readonly end: number | string;
  readonly stderr: string;
}

/** Path of one of the programs in `programs/`. */
export function programPath(name: string): string {
  return fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url));
}

/** Runs a program in a Node process of its own, and waits until that ends by itself. */
export function runProgram(name: string, ...args: string[]): Promise<ProgramResult> {
  return runNode(process.execPath, ['--conditions=@x/source', programPath(name), ...args]);
}

export function runNode(executable: string, args: readonly string[]): Promise<ProgramResult> {
  const child = spawn(executable, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: PATIENCE_MS, killSignal: 'SIGKILL' });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const line = stdout.trimEnd().split('\n').at(-1) ?? '';
      try {
        resolve({ report: line === '' ? undefined : JSON.parse(line), end: code ?? signal ?? 'unknown', stderr });
      } catch {
        reject(new Error(`${args.join(' ')} printed no JSON as its last line, but '${line}'\n${stderr}`));
      }
    });
  });
}
