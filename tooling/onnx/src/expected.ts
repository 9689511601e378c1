import { readFileSync } from 'node:fs';
import type { Outcome } from './outcome.ts';

/** Tests that are known to fail, and the reason they share. */
export interface ExpectedFailures {
  readonly reason: string;
  readonly tests: readonly string[];
}

export interface Verdict {
  /** Failed, and nobody said they would. */
  readonly unexpected: readonly Outcome[];
  /** Listed, but they don't fail. */
  readonly fixed: readonly string[];
  /** Listed, but there is no such test. */
  readonly unknown: readonly string[];
}

export function readExpected(): ExpectedFailures[] {
  return JSON.parse(readFileSync(new URL('../expected-failures.json', import.meta.url), 'utf8')) as ExpectedFailures[];
}

/** Compares what came out with the list of expected failures, which must be exact. */
export function judge(outcomes: readonly Outcome[], lists: readonly ExpectedFailures[], complete: boolean): Verdict {
  const listed = new Set(lists.flatMap(({ tests }) => tests));
  const byName = new Map(outcomes.map((outcome) => [outcome.name, outcome]));
  return {
    unexpected: outcomes.filter(({ name, status }) => status === 'failed' && !listed.has(name)),
    fixed: [...listed].filter((name) => byName.has(name) && byName.get(name)?.status !== 'failed'),
    unknown: complete ? [...listed].filter((name) => !byName.has(name)) : [],
  };
}
