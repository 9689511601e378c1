import { expect, test } from 'vitest';
import { fractionAt, gradualPruning, isDue, rigl, set, sparsityAt } from '../src/index.ts';

test('sparsityAt: half the way to 0.5 is 0.4375, as JaxPruner’s and the paper’s cubic', () => {
  expect(sparsityAt({ final: 0.5, begin: 0, end: 20 }, 10)).toBe(0.4375);
  expect([-1, 0, 20, 99].map((step) => sparsityAt({ initial: 0.25, final: 0.5, begin: 0, end: 20 }, step))).toEqual([0.25, 0.25, 0.5, 0.5]);
});

test('isDue: every so many steps from begin to end', () => {
  expect([10, 9].map((step) => isDue({ every: 5, begin: 0, end: 20 }, step))).toEqual([true, false]);
  expect([0, 1, 2, 3, 4, 5].filter((step) => isDue({ every: 2, begin: 1, end: 4 }, step))).toEqual([1, 3]);
});

test('fractionAt: RigL’s cosine', () => {
  const at = (step: number): number => fractionAt('cosine', 0.3, step / 75000);
  expect([0, 100, 18750, 37500, 56250, 74900].map(at)).toBeAllclose([0.3, 0.299999, 0.256066, 0.15, 0.043934, 1e-6], {
    rtol: 0,
    atol: 7e-7,
  });
  expect([fractionAt('linear', 0.3, 0.5), fractionAt('constant', 0.3, 0.5), fractionAt('inversePower', 0.4, 0.5)]).toEqual([
    0.15, 0.3, 0.05,
  ]);
});

test('schedules that can’t be are refused by name', () => {
  expect(() => gradualPruning({ final: 0.9, begin: 100, end: 100 })).toThrow(
    /end is 100, but must be a finite number above 100.*ends after it begins/,
  );
  expect(() => gradualPruning({ initial: 0.5, final: 0.4, begin: 0, end: 10 })).toThrow(/final is 0.4/);
  expect(() => set({ every: 0 })).toThrow(/every is 0, but must be a whole number at least 1/);
  expect(() => set({ every: 10, fraction: 2 })).toThrow(/fraction is 2/);
  expect(() => rigl({ until: 0 })).toThrow(/until is 0/);
  expect(() => rigl({ until: 100, schedule: 'cosin' as never })).toThrow(/schedule is "cosin", but must be one of/);
  expect(() => rigl({ until: 1000, every: 10, accumulate: 11 })).toThrow(/accumulate is 11/);
});
