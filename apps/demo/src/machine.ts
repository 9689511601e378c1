import { availableParallelism, cpus } from 'node:os';
import type { Runtime } from '@x/tensor';

/** What the run ran on. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly node: string;
  readonly tier: string;
  readonly threads: number;
  /** Why not a better tier or more threads. */
  readonly limits: readonly string[];
}

export function machineOf({ tier, threads, limits }: Runtime): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? process.arch,
    cores: availableParallelism(),
    node: process.versions.node,
    tier,
    threads,
    limits,
  };
}
