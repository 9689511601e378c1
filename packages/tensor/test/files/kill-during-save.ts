import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openSafetensors, unpackRaw } from '../../src/index.ts';

export interface KillOutcome {
  /** Which checkpoint the file holds; one that isn't whole throws. */
  readonly number: number;
  /** Temporary files beside it. */
  readonly temporary: number;
}

/**
 * Starts a process that saves checkpoints numbered from `first` to a path, ends it by a signal some milliseconds after the first
 * one is there, and reads what it left.
 *
 * @throws {Error} if the file is not whole, or holds parts of different checkpoints.
 */
export async function killDuringSave(path: string, first: number, milliseconds: number, signal: NodeJS.Signals): Promise<KillOutcome> {
  const program = fileURLToPath(new URL('programs/saves.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=@x/source', program, path, String(first)], { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    await Promise.race([
      once(child.stdout, 'data'),
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`The saving program ended by itself, with code ${code}.`))),
    ]);
    await setTimeout(milliseconds);
  } finally {
    const ended = child.exitCode === null ? once(child, 'exit') : undefined;
    child.kill(signal);
    await ended;
  }
  const files = await readdir(dirname(path));
  return { number: await checkpointNumber(path), temporary: files.filter((name) => name.endsWith('.tmp')).length };
}

async function checkpointNumber(path: string): Promise<number> {
  const file = await openSafetensors(path);
  try {
    const { steps } = JSON.parse(file.metadata['checkpoint'] as string) as { steps: { step: number } };
    for (const name of file.tensors.keys()) {
      const values = unpackRaw(await file.readRaw(name)) as Float32Array;
      const other = values.find((value) => value !== steps.step);
      if (other !== undefined) throw new Error(`Checkpoint ${steps.step} has a ${other} in ${name}.`);
    }
    return steps.step;
  } finally {
    await file.close();
  }
}
