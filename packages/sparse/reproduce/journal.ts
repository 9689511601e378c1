import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Runtime } from '@x/tensor';

/** One run of a reproduction: what it gave, when, and on what machine. */
export interface Run<Result> {
  readonly date: string;
  readonly machine: string;
  readonly seconds: number;
  readonly result: Result;
}

/** Runs by name, such as `SET seed 0`, kept in a file, so that a long reproduction can be done in pieces. */
export interface Journal<Result> {
  readonly runs: ReadonlyMap<string, Run<Result>>;
  /** Does the run and writes it down, unless it is there already or the time is used up. */
  add(name: string, run: () => Promise<Result>): Promise<void>;
}

/**
 * The journal `results/<name>.json`.
 *
 * @param minutes No run is begun once so many minutes have passed.
 * @param anew Whether the runs that are there are left out, and replaced by the first one that is added.
 */
export function openJournal<Result>(
  name: string,
  runtime: Runtime,
  minutes: number,
  { anew = false }: { readonly anew?: boolean } = {},
): Journal<Result> {
  const path = fileURLToPath(new URL(`results/${name}.json`, import.meta.url));
  const runs = new Map<string, Run<Result>>(anew ? [] : Object.entries(read(path)));
  const machine = `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, ${runtime.threads} threads, tier ${runtime.tier}, Node ${process.versions.node}`;
  const until = performance.now() + minutes * 60_000;
  return {
    runs,
    add: async (key, run) => {
      if (runs.has(key) || performance.now() > until) return;
      const began = performance.now();
      const result = await run();
      const seconds = Math.round((performance.now() - began) / 100) / 10;
      runs.set(key, { date: new Date().toISOString().slice(0, 10), machine, seconds, result });
      write(path, Object.fromEntries(runs));
      console.log(`${key}: ${seconds} s, ${JSON.stringify(result).slice(0, 160)}`);
    },
  };
}

function read(path: string): Record<string, never> {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, never>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

/** A run a line, whole or not at all. */
function write(path: string, runs: object): void {
  mkdirSync(dirname(path), { recursive: true });
  const lines = Object.entries(runs).map(([name, run]) => `  ${JSON.stringify(name)}: ${JSON.stringify(run)}`);
  const unfinished = `${path}.${randomUUID()}`;
  writeFileSync(unfinished, `{\n${lines.join(',\n')}\n}\n`);
  renameSync(unfinished, path);
}
