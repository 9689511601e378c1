import { describe, expect, test } from 'vitest';
import { compare, type CompareOptions } from '../src/index.ts';
import { median } from '../src/compare.ts';

const quick = { seconds: 0.05, warmup: 0, log: null } as const;
const spin = (milliseconds: number) => () => {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
};
const sleep = (milliseconds: number) => () => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('measuring', () => {
  test('ratios are to the first candidate, and more is faster', async () => {
    const { results } = await compare({ name: 'spin', candidates: { one: spin(0.4), quarter: spin(0.1) }, ...quick });
    expect(results[0]!.ratio).toBe(1);
    expect(results[1]!.ratio).toBeGreaterThan(2);
    expect(results[1]!.ratio).toBeLessThan(8);
    for (const { median: middle, min, rounds, runs } of results) {
      expect(min).toBeLessThanOrEqual(middle);
      expect(rounds).toBeGreaterThanOrEqual(3);
      expect(runs).toBeGreaterThanOrEqual(rounds);
    }
  });

  test('an asynchronous candidate is waited for', async () => {
    const { results } = await compare({ name: 'sleep', candidates: { five: sleep(5) }, ...quick });
    expect(results[0]!.min).toBeGreaterThan(0.004);
  });

  test('rounds are interleaved, A B C A B C', async () => {
    const order: string[] = [];
    const note = (label: string) => () => {
      order.push(label);
      spin(5)();
    };
    const { results } = await compare({ name: 'order', candidates: { a: note('a'), b: note('b'), c: note('c') }, ...quick });
    const measured = order.slice(-3 * results[0]!.rounds).join('');
    expect(measured).toBe('abc'.repeat(results[0]!.rounds));
  });

  test('a slow candidate gets no more than the least rounds', async () => {
    const { results } = await compare({ name: 'slow', candidates: { slow: spin(60), quick: spin(0.1) }, ...quick });
    expect(results[0]).toMatchObject({ rounds: 3, runs: 3 });
    expect(results[1]!.rounds).toBe(3);
  });

  test('setup and teardown run once each, and teardown also when a candidate fails', async () => {
    const calls: string[] = [];
    const steps = (label: string, run: () => unknown) => ({
      setup: () => calls.push(`setup ${label}`),
      run,
      teardown: () => calls.push(`teardown ${label}`),
    });
    const broken = (): never => {
      throw new Error('broken');
    };
    await expect(compare({ name: 'steps', candidates: { a: steps('a', spin(0.1)), b: steps('b', broken) }, ...quick })).rejects.toThrow(
      'broken',
    );
    expect(calls).toEqual(['setup a', 'setup b', 'teardown a', 'teardown b']);
  });

  test('the table shows ratio, rate and the share of the limit', async () => {
    let table = '';
    const log = (text: string): void => void (table = text);
    await compare({ name: 'work', candidates: { a: spin(1) }, flops: 1e6, bytes: 2e6, limit: { flops: 2e9 }, ...quick, log });
    const [title, heading, row] = table.split('\n');
    expect(title).toBe('work');
    expect(heading).toMatch(/^ +candidate +median +min +x a +GFLOP\/s +of 2\.00 GFLOP\/s +GB\/s$/);
    expect(row).toMatch(/^ +a +[\d.]+ m?s +[\d.]+ m?s +1\.00 +[\d.]+ +[\d.]+ % +[\d.]+$/);
  });
});

test('the median of an even number of values is the mean of the middle two', () => {
  expect(median([4, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

describe('options that make no sense', () => {
  const fine = { name: 'n', candidates: { a: spin(0.1) } };
  test.for<[Partial<Record<keyof CompareOptions | 'second', unknown>>, string]>([
    [{ name: ' ' }, 'name must be what the benchmark is called, not " ".'],
    [{ candidates: {} }, 'candidates of "n" must be an object with at least one function by its label, not {}.'],
    [{ candidates: { a: 3 } }, 'candidates.a of "n" must be a function or {setup, run, teardown}, not 3.'],
    [{ candidates: { a: { setup: 1 } } }, 'candidates.a of "n" must be a function or {setup, run, teardown}, not {"setup":1}.'],
    [{ candidates: { 2: spin(1) } }, `candidates of "n" can't be labelled 2`],
    [{ seconds: 0 }, 'seconds of "n" must be a positive number of seconds for each candidate, not 0.'],
    [{ seconds: Infinity }, 'seconds of "n" must be a positive number'],
    [{ warmup: -1 }, 'warmup of "n" must be a number of seconds >= 0, not -1.'],
    [{ warmup: NaN }, 'warmup of "n" must be a number of seconds >= 0, not NaN.'],
    [{ flops: -5 }, 'flops of "n" must be a positive number of operations in one run, not -5.'],
    [{ bytes: NaN }, 'bytes of "n" must be a positive number of bytes in one run, not NaN.'],
    [{ limit: {} }, 'limit of "n" must have flops (in FLOP/s) or bytes (in bytes/s), not {}.'],
    [{ limit: { flops: 1e9 } }, 'limit.flops of "n" needs flops, the operations of one run'],
    [{ limit: { bytes: 1e9 } }, 'limit.bytes of "n" needs bytes, the traffic of one run'],
    [{ limit: { flops: 0 }, flops: 1 }, 'limit.flops of "n" must be a positive number of FLOP/s, not 0.'],
    [{ second: 1 }, "compare doesn't know the option second; it takes name, candidates,"],
  ])('%j', async ([options, message]) => {
    await expect(compare({ ...fine, ...options } as CompareOptions)).rejects.toThrow(message);
  });
});
