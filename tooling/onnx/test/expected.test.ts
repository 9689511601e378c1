import { expect, test } from 'vitest';
import { judge } from '../src/expected.ts';
import { report } from '../src/report.ts';

const outcomes = [
  { name: 'a', status: 'passed' },
  { name: 'b', status: 'failed', reason: 'value 0' },
  { name: 'c', status: 'failed', reason: 'value 1' },
  { name: 'd', status: 'not run', reason: 'operator D is not in tfjs' },
] as const;

test('the list of expected failures must be exact', () => {
  const verdict = judge(outcomes, [{ reason: 'known', tests: ['a', 'b', 'gone'] }], true);
  expect(verdict).toEqual({ unexpected: [outcomes[2]], fixed: ['a'], unknown: ['gone'] });
  expect(judge(outcomes, [{ reason: 'known', tests: ['b', 'c', 'gone'] }], false)).toEqual({ unexpected: [], fixed: [], unknown: [] });
});

test('the report lists what is not run by reason, and ends in counts', () => {
  const verdict = judge(outcomes, [{ reason: 'known', tests: ['b'] }], true);
  expect(report(outcomes, verdict).split('\n')).toEqual([
    'failed: c: value 1',
    'not run:',
    '    1  operator D is not in tfjs',
    '1 passed, 2 failed (1 of them expected), 1 not run',
  ]);
});
