import { expect, test } from 'vitest';
import { readProgress } from '../src/install-progress.mjs';

const progress = (status: string): string => JSON.stringify({ level: 'debug', name: 'pnpm:progress', status });

test('counts what is resolved and what is in place', () => {
  const { read, errors } = readProgress();
  expect([progress('resolved'), progress('resolved'), progress('fetched'), progress('imported')].map(read)).toEqual([
    '0 of 1 packages',
    '0 of 2 packages',
    undefined,
    '1 of 2 packages',
  ]);
  expect(errors).toEqual([]);
});

test('keeps what went wrong, and what is no event of pnpm', () => {
  const { read, errors } = readProgress();
  read(
    JSON.stringify({
      level: 'error',
      name: 'pnpm',
      code: 'ERR_PNPM_OUTDATED_LOCKFILE',
      err: { message: 'Cannot install with "frozen-lockfile"' },
    }),
  );
  read('node: not found');
  read('null');
  read('');
  expect(errors).toEqual(['ERR_PNPM_OUTDATED_LOCKFILE Cannot install with "frozen-lockfile"', 'node: not found', 'null']);
});
