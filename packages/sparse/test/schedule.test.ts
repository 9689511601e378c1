import { expect, test } from 'vitest';
import {
  dsr,
  fractionAt,
  gradualPruning,
  importancePruning,
  isDue,
  oneShotPruning,
  rigl,
  set,
  snfs,
  sparsityAt,
  straightThrough,
  topKast,
  trulySparse,
} from '../src/index.ts';

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
  expect(() => set({ every: 10, schedule: 'cosine' })).toThrow(/until is Infinity, .*falls until then by 'cosine'/);
  expect(() => snfs({ every: 10, until: 5 })).toThrow(/until is 5, but must be .* above 10/);
  expect(() => snfs({ every: 10, until: 100, window: 0 })).toThrow(/window is 0/);
  expect(() => dsr({ fraction: -1 })).toThrow(/fraction is -1/);
  expect(() => topKast({ forward: 0.1, until: 3 })).toThrow(/end is 3, but must be .* at least 99/);
  expect(() => straightThrough({ density: 2 })).toThrow(/density is 2/);
  expect(() => oneShotPruning({ at: 0.5, density: 0.1 })).toThrow(/at is 0.5/);
  expect(() => importancePruning({ every: 5, begin: 10, until: 9 })).toThrow(/end is 9/);
  expect(() => trulySparse({ stepsPerEpoch: 0, epochs: 1 })).toThrow(/stepsPerEpoch is 0/);
  expect(() => trulySparse({ stepsPerEpoch: 1, epochs: 1, importance: { fraction: 2 } })).toThrow(/importance.fraction is 2/);
  expect(() => rigl({ until: 0 })).toThrow(/until is 0/);
  expect(() => rigl({ until: 100, schedule: 'cosin' as never })).toThrow(/schedule is "cosin", but must be one of/);
  expect(() => rigl({ until: 1000, every: 10, accumulate: 11 })).toThrow(/accumulate is 11/);
});
