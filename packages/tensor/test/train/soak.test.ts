import { expect, test } from 'vitest';
import { disable, enable } from '../../src/index.ts';
import { soak } from '../../reproduce/soaking.ts';

test('300 steps of a network of many layers, by an optimizer of many parts, leave memory as it is', { timeout: 120_000 }, async () => {
  const runtime = await enable({ threads: 2 });
  const { constant, samples } = soak(300, runtime, { every: 50 });
  expect(constant, JSON.stringify(samples)).toBe(true);
  expect(samples.length).toBe(6);
  expect(samples.at(-1)!.loss).toBeLessThan(samples[0]!.loss);
  await disable();
});
