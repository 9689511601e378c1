import { execFileSync } from 'node:child_process';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { dirname } from 'node:path';
import type { Comparison } from './compare.ts';

/** On what, when and from which source a bench was run. */
export interface BenchRun {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
  /** The machine's one-minute load average before the bench: above 0.5 it wasn't quiet. */
  readonly load: number;
  /** The commit, followed by `+` when files differ from it. */
  readonly commit: string;
  /** What reproduces the numbers. */
  readonly command: string;
}

export interface BenchResults {
  readonly run: BenchRun;
  readonly comparisons: readonly Comparison[];
}

/** Describes this run; call it before the first measurement, so that the load is the machine's and not the bench's. */
export function recordRun({ command = 'pnpm bench' }: { command?: string } = {}): BenchRun {
  const processors = cpus();
  return {
    date: new Date().toISOString(),
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    node: process.versions.node,
    load: Number(loadavg()[0]!.toFixed(2)),
    commit: gitCommit(),
    command,
  };
}

/** Writes results as JSON, the whole file or nothing. */
export async function writeResults(path: string, results: BenchResults): Promise<void> {
  const unfinished = `${path}.${process.pid}.tmp`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(unfinished, `${JSON.stringify(results, null, 2)}\n`);
    await rename(unfinished, path);
  } finally {
    await rm(unfinished, { force: true });
  }
}

/** @throws Error that names the file when it isn't what `writeResults` wrote. */
export async function readResults(path: string): Promise<BenchResults> {
  const text = await readFile(path, 'utf8');
  try {
    const { run, comparisons } = JSON.parse(text) as BenchResults;
    if (typeof run?.date !== 'string' || !Array.isArray(comparisons)) throw new Error('it has no run and comparisons');
    return { run, comparisons };
  } catch (error) {
    throw new Error(`${path} holds no bench results: ${(error as Error).message}. Run the bench again to write it.`, { cause: error });
  }
}

function gitCommit(): string {
  const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain') === '' ? '' : '+');
  } catch {
    return 'unknown';
  }
}
