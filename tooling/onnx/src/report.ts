import type { Verdict } from './expected.ts';
import type { Outcome } from './outcome.ts';

/** What came out, as text; the last line has the counts. */
export function report(outcomes: readonly Outcome[], { unexpected, fixed, unknown }: Verdict, namesToo = false): string {
  const notRun = Map.groupBy(
    outcomes.filter(({ status }) => status === 'not run'),
    ({ reason }) => reason as string,
  );
  const reasons = [...notRun].sort(([, a], [, b]) => b.length - a.length);
  const count = (status: Outcome['status']): number => outcomes.filter((outcome) => outcome.status === status).length;
  return [
    ...unexpected.map(({ name, reason }) => `failed: ${name}: ${reason}`),
    ...fixed.map((name) => `listed as failing, but passes: ${name}`),
    ...unknown.map((name) => `listed as failing, but isn't there: ${name}`),
    'not run:',
    ...reasons.map(
      ([reason, list]) => `${String(list.length).padStart(5)}  ${reason}${namesToo ? `: ${list.map(({ name }) => name).join(', ')}` : ''}`,
    ),
    `${count('passed')} passed, ${count('failed')} failed (${count('failed') - unexpected.length} of them expected), ${count('not run')} not run`,
  ].join('\n');
}
