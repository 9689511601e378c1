import { describe, expect, it } from 'vitest';
import { runProgram } from './program.ts';

it('a process ends by itself while the backend is enabled', async () => {
  const { report, end, stderr } = await runProgram('exits');
  expect({ report, end, stderr: stderr.replace(/^.*Hi, looks like[^]*$/m, '') }).toMatchObject({
    report: { threads: 3, value: 256 },
    end: 0,
  });
});

it('idle workers use no processor time', async () => {
  const { report, end } = await runProgram('idle');
  expect(end).toBe(0);
  // One spinning worker alone would take a thousand.
  expect((report as { milliseconds: number }).milliseconds).toBeLessThan(100);
});

it('takes the largest heap that the engine has room for, and says so', async () => {
  const { report, end } = await runProgram('small-memory');
  expect(end).toBe(0);
  const { limits, limit, value } = report as { limits: string[]; limit: number; value: number };
  expect(limits).toEqual([`heap of ${Math.round(limit / 2 ** 20)} MiB: the engine has no room for a larger one`]);
  expect(limit).toBeGreaterThan(2 ** 29);
  expect(limit).toBeLessThanOrEqual(2 ** 30);
  expect(value).toBe(10_000);
});

it('works in a worker thread, and lets it end', async () => {
  const { report, end } = await runProgram('worker-thread');
  expect(report).toMatchObject({ threads: 2, right: true, code: 0 });
  expect(end).toBe(0);
});

describe('a worker that dies', () => {
  const lost = /^WorkerLostError: A worker thread of backend 'x' was lost: .*disable\(\) and enable\(\)/;

  it('while idle is an error of the next operation', async () => {
    const { report, end } = await runProgram('lost-worker', 'idle');
    expect(report).toEqual({ before: 'right', first: expect.stringMatching(lost), second: expect.stringMatching(lost), again: 512 });
    expect(end).toBe(0);
  });

  it('in the middle of a kernel is an error of that operation, and of those that follow', async () => {
    const { report, end } = await runProgram('lost-worker', 'running');
    expect(report).toEqual({ before: 'right', first: expect.stringMatching(lost), second: expect.stringMatching(lost), again: 512 });
    expect(end).toBe(0);
  });

  it('in the middle of training ends it; from the last checkpoint it goes on as if nothing had been', async () => {
    const { report, end } = await runProgram('lost-worker-training');
    expect(report).toEqual({ error: 'WorkerLostError', until: 17, steps: 25, same: true });
    expect(end).toBe(0);
  });
});
