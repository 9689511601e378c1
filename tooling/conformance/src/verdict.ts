import type { Outcome } from './outcome.ts';

/** Specs that are known to fail, with the one reason they share. */
export interface ExpectedFailures {
  readonly reason: string;
  readonly specs: readonly string[];
}

export interface Verdict {
  /** Failed, and nobody said they would. */
  readonly unexpected: readonly Outcome[];
  /** Listed, but they pass: the list is to be shortened. */
  readonly fixed: readonly string[];
  /** Listed, but there is no such spec. */
  readonly unknown: readonly string[];
  readonly expected: readonly { readonly reason: string; readonly count: number }[];
}

/**
 * Compares what came out with the list of expected failures, which must be exact.
 *
 * @param complete whether all specs ran; if not, listed ones that didn't run are not missed.
 */
export function judge(outcomes: readonly Outcome[], lists: readonly ExpectedFailures[], complete: boolean): Verdict {
  const byName = new Map(outcomes.map((outcome) => [outcome.name, outcome]));
  const listed = new Set<string>();
  for (const name of lists.flatMap(({ specs }) => specs)) {
    if (listed.has(name)) throw new Error(`expected-failures.json lists '${name}' twice.`);
    listed.add(name);
  }
  const failed = (name: string): boolean => byName.get(name)?.status === 'failed';
  return {
    unexpected: outcomes.filter(({ name, status }) => status === 'failed' && !listed.has(name)),
    fixed: [...listed].filter((name) => byName.has(name) && !failed(name)),
    unknown: complete ? [...listed].filter((name) => !byName.has(name)) : [],
    expected: lists.map(({ reason, specs }) => ({ reason, count: specs.filter(failed).length })).filter(({ count }) => count > 0),
  };
}

/** The lists without what passes now or is gone. */
export function prune(lists: readonly ExpectedFailures[], { fixed, unknown }: Verdict): ExpectedFailures[] {
  const gone = new Set([...fixed, ...unknown]);
  return lists
    .map(({ reason, specs }) => ({ reason, specs: specs.filter((name) => !gone.has(name)) }))
    .filter(({ specs }) => specs.length > 0);
}

/** Specs that pass in `there` and do not in `here`. */
export function regressions(here: readonly Outcome[], there: readonly Outcome[]): Outcome[] {
  const passes = new Set(there.filter(({ status }) => status === 'passed').map(({ name }) => name));
  return here.filter(({ name, status }) => status !== 'passed' && passes.has(name));
}
