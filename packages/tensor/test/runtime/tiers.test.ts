import { availableParallelism } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import { disable, enable, type Tier } from '@x/tensor';
import { afterEach, describe, expect, it } from 'vitest';

afterEach(disable);

const order: readonly Tier[] = ['simd', 'relaxed', 'wide'];

describe.each(order)('tier %s', (tier) => {
  it('runs when asked for, or the runtime says why a lower one does', async () => {
    const { tier: given, limits } = await enable({ tier, threads: 1 });
    const best = given === tier;
    expect(order.indexOf(given)).toBeLessThanOrEqual(order.indexOf(tier));
    if (!best) expect(limits.join('\n')).toContain(`tier ${given}: `);
    const a = tf.randomUniform([37, 29], -1, 1, 'float32', 1);
    const rows = a.arraySync() as number[][];
    const product = tf.tidy(() => tf.matMul(a, a, false, true).arraySync()) as number[][];
    const dot = (rows[0] ?? []).reduce((sum, value, i) => sum + value * (rows[36]?.[i] ?? Number.NaN), 0);
    expect(product[0]?.[36]).toBeCloseTo(dot, 5);
    tf.dispose(a);
  });
});

it('a tier below the best is said to be as asked', async () => {
  const { limits } = await enable({ tier: 'simd' });
  expect(limits).toContain('tier simd: as asked');
});

it('the best tier on all cores has no limits, on a machine where all tiers run', async (test) => {
  const { tier, threads, limits } = await enable();
  test.skip(tier !== 'wide', `the best tier here is ${tier}: ${limits.join('; ')}`);
  expect(threads).toBe(availableParallelism());
  expect(limits).toEqual([]);
});

it('fewer threads than cores are said to be as asked', async () => {
  const { threads, limits } = await enable({ threads: 1 });
  expect(threads).toBe(1);
  if (availableParallelism() > 1) expect(limits).toContain(`1 of ${availableParallelism()} threads: as asked`);
});

it('more threads than cores can be had', async () => {
  const { threads } = await enable({ threads: 5 });
  expect(threads).toBe(5);
  expect(tf.tidy(() => tf.matMul(tf.ones([300, 300]), tf.ones([300, 300])).dataSync()).every((value) => value === 300)).toBe(true);
});
