import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addCounts, formatCounts, readCounts } from '../src/counts.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'counts-'));
});
afterAll(() => rm(directory, { recursive: true }));

const sound = {
  success: true,
  numPassedTests: 5,
  numFailedTests: 0,
  numPendingTests: 2,
  numTodoTests: 1,
  testResults: [{ status: 'passed', assertionResults: [{}] }],
};
const unloaded = { status: 'failed', assertionResults: [] };
const failing = { status: 'failed', assertionResults: [{}, {}] };

test.for([
  ['a sound run', sound, 0, '5 passed, 0 failed, 3 skipped'],
  ['failed tests', { ...sound, success: false, numFailedTests: 2, testResults: [failing] }, 1, '5 passed, 2 failed, 3 skipped'],
  ['a file that cannot be loaded', { ...sound, success: false, testResults: [unloaded, unloaded] }, 1, '5 passed, 2 failed, 3 skipped'],
  ['both', { ...sound, success: false, numFailedTests: 2, testResults: [failing, unloaded] }, 1, '5 passed, 3 failed, 3 skipped'],
  ['a failure outside the tests', { ...sound, success: false }, 1, '5 passed, 1 failed, 3 skipped'],
  ['a crash after the report', sound, 139, '5 passed, 1 failed, 3 skipped'],
] as const)('%s', async ([name, report, code, expected]) => {
  const path = join(directory, `${name}.json`);
  await writeFile(path, JSON.stringify(report));
  expect(formatCounts(readCounts(path, code))).toBe(expected);
});

test('no report, and half of one, is a failure', async () => {
  const path = join(directory, 'half.json');
  await writeFile(path, '{"success":true,"numPassed');
  for (const file of [path, join(directory, 'none.json')]) expect(readCounts(file, 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

test('counts add up', () => {
  const some = { passed: 1, failed: 2, skipped: 3 };
  expect(formatCounts(addCounts([some, some]))).toBe('2 passed, 4 failed, 6 skipped');
  expect(formatCounts(addCounts([]))).toBe('0 passed, 0 failed, 0 skipped');
});
