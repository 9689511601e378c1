/** What became of one spec. `skipped` are specs that tfjs excludes here, by `xit` or because the filter leaves them out. */
export interface Outcome {
  readonly name: string;
  readonly status: 'passed' | 'failed' | 'skipped';
  /** Why it failed. */
  readonly messages: readonly string[];
}

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export function count(outcomes: readonly Outcome[]): Counts {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { status } of outcomes) counts[status]++;
  return counts;
}

/** Names of specs as tfjs gives them are not unique; the second of a name becomes `name #2`. */
export function uniqueNames(outcomes: readonly Outcome[]): Outcome[] {
  const seen = new Map<string, number>();
  return outcomes.map((outcome) => {
    const times = (seen.get(outcome.name) ?? 0) + 1;
    seen.set(outcome.name, times);
    return times === 1 ? outcome : { ...outcome, name: `${outcome.name} #${times}` };
  });
}
