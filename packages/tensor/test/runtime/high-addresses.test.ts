import { expect, it } from 'vitest';
import { runProgram } from './program.ts';

it('the heap grows to 4 GiB, and operations above 2 GiB are right', async () => {
  const { report, end, stderr } = await runProgram('high-addresses');
  expect({ end, stderr: end === 0 ? '' : stderr }).toEqual({ end: 0, stderr: '' });
  const { lowest, highest, limit, end: bigEnd, ...rest } = report as Record<'lowest' | 'highest' | 'limit' | 'end', number>;
  expect(rest).toEqual({ operations: expect.any(Number), differing: [], refused: 9, final: 42, after: true, tensors: 0 });
  expect(lowest).toBeGreaterThan(2 ** 31);
  expect(limit).toBe(2 ** 32 - 48 * 2 ** 20);
  // Nearly all of it can be had.
  expect(highest).toBeGreaterThan(limit - 2 ** 22);
  expect(highest).toBeLessThanOrEqual(limit);
  expect(bigEnd).toBeLessThanOrEqual(limit);
}, 60_000);
