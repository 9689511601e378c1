import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bits, fold, key, normal, permutation, rademacher, split, truncatedNormal, uniform } from '../../src/random/index.ts';
import { logUnit } from '../../src/random/normal-pair.ts';
import { golden } from '../golden/golden.ts';

interface Golden {
  readonly key: number;
  readonly words: number[];
  readonly uniform: number[];
  readonly normal: number[];
  readonly rademacher: number[];
  readonly split: number[][];
  readonly fold: number[][];
}

const values = (x: tf.Tensor): number[] => tf.tidy(() => [...x.dataSync()]);
const mean = (list: readonly number[]): number => list.reduce((sum, value) => sum + value, 0) / list.length;
const variance = (list: readonly number[]): number => mean(list.map((value) => value * value)) - mean(list) ** 2;

describe("the same bits as Python's", () => {
  const expected = golden<Golden>('random');
  const seed = key(expected.key);
  test('bits', () => expect([...bits(seed, 64)]).toEqual(expected.words));
  test('uniform', () => expect(values(uniform(seed, [8, 8]))).toEqual(expected.uniform));
  test('normal', () => expect(values(normal(seed, [64]))).toEqual(expected.normal));
  test('rademacher', () => expect(values(rademacher(seed, [64]))).toEqual(expected.rademacher));
  test('split', () => expect(split(seed, 3).map(({ words }) => words)).toEqual(expected.split));
  test('fold', () => expect([0, 1, 2].map((data) => fold(seed, data).words)).toEqual(expected.fold));
});

test('a word depends on its index alone', () => {
  const whole = bits(key(5), 100);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 20 }), (block, n) => {
      expect(bits(key(5), n, { offset: block * 4 })).toEqual(whole.slice(block * 4, block * 4 + n));
    }),
  );
});

test('an offset beyond 2^32 blocks carries', () => {
  const far = bits(key(5), 8, { offset: (2 ** 32 - 1) * 4 });
  expect([...far.subarray(4)]).toEqual([...bits(key(5), 4, { offset: 2 ** 34 })]);
  expect(far.subarray(0, 4)).not.toEqual(far.subarray(4));
});

test('keys derived from a key differ from each other and from it', () => {
  const from = key(9);
  const all = [from, ...split(from, 50), ...Array.from({ length: 50 }, (_, index) => fold(from, index))];
  expect(new Set(all.map(({ words }) => words.join())).size).toBe(101);
});

test('seeds up to 2^53 - 1 give different keys', () => {
  expect(key(2 ** 53 - 1).words).toEqual([0xffffffff, 0x1fffff]);
  expect(key(2 ** 32).words).toEqual([0, 1]);
});

test('logarithm: relative error < 1e-14', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 32 - 1 }), (n) => {
      expect(Math.abs(logUnit(n) - Math.log(n / 2 ** 32))).toBeLessThanOrEqual(1e-14 * Math.abs(Math.log(n / 2 ** 32)));
    }),
    { numRuns: 1000 },
  );
  expect(logUnit(2 ** 32)).toBe(0);
});

// With 40,000 numbers the mean of a unit normal deviates by 0.005; four deviations are allowed.
const N = 40_000;

test('uniform: bounds, mean and variance', () => {
  const list = values(uniform(key(1), [N], { min: -1, max: 3 }));
  expect(Math.min(...list)).toBeGreaterThanOrEqual(-1);
  expect(Math.max(...list)).toBeLessThan(3);
  expect(Math.abs(mean(list) - 1)).toBeLessThan(4 * Math.sqrt(16 / 12 / N));
  expect(variance(list)).toBeCloseTo(16 / 12, 1);
});

test('normal: mean, variance, and as many beyond two deviations as there should be', () => {
  const list = values(normal(key(2), [N], { mean: 5, std: 2 }));
  expect(Math.abs(mean(list) - 5)).toBeLessThan(4 * Math.sqrt(4 / N));
  expect(variance(list)).toBeCloseTo(4, 1);
  expect(list.filter((value) => Math.abs(value - 5) > 4).length / N).toBeCloseTo(0.0455, 2);
});

test('normal: neighbours are not correlated', () => {
  const list = values(normal(key(3), [N]));
  expect(Math.abs(mean(list.slice(1).map((value, index) => value * list[index]!)))).toBeLessThan(4 / Math.sqrt(N));
});

test('truncatedNormal: within its bound, with the deviation that the cut leaves', () => {
  const list = values(truncatedNormal(key(4), [N], { mean: 1, std: 3 }));
  expect(Math.max(...list.map((value) => Math.abs(value - 1)))).toBeLessThanOrEqual(6);
  expect(Math.sqrt(variance(list))).toBeCloseTo(3 * 0.8796, 1);
});

test('rademacher: 1 and -1, half each', () => {
  const list = values(rademacher(key(5), [N]));
  expect(new Set(list)).toEqual(new Set([1, -1]));
  expect(Math.abs(mean(list))).toBeLessThan(4 / Math.sqrt(N));
});

test('permutation: each number once, for any n', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 0, max: 1000 }), (n, seed) => {
      expect([...permutation(key(seed), n)].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, index) => index));
    }),
  );
});

test('permutation: all 24 orders of four are as likely', () => {
  const counts = new Map<string, number>();
  const keys = split(key(6), 24_000);
  for (const each of keys) {
    const order = permutation(each, 4).join();
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  expect(counts.size).toBe(24);
  const chiSquared = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
  // 23 degrees of freedom: 1 in 10,000 exceeds 54.
  expect(chiSquared).toBeLessThan(54);
});
