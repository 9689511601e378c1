import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { schedules, type Schedule } from '../../src/index.ts';
import { golden } from '../golden/golden.ts';

interface Golden {
  readonly rows: { name: Exclude<keyof typeof schedules, 'join' | 'warmUp'>; arguments: never[]; scheduler: string; rates: number[] }[];
}

const make = (name: Golden['rows'][number]['name'], given: readonly unknown[]): Schedule =>
  ({ ...schedules }[name] as (...given: readonly unknown[]) => Schedule)(...given);

// PyTorch multiplies from step to step where ours is a closed form: 60 roundings of 2^-53 and 12 digits in the file.
test.each(golden<Golden>('schedules').rows)("$name $arguments is PyTorch's $scheduler, rtol 1e-11", ({ name, arguments: given, rates }) => {
  const schedule = make(name, given);
  expect(rates.map((_, step) => schedule(step))).toBeAllclose(rates, { rtol: 1e-11, atol: 1e-13 });
});

test('inverseSquareRoot is the rate of "Attention Is All You Need", width 512, 4000 steps', () => {
  const schedule = schedules.inverseSquareRoot(1 / Math.sqrt(512 * 4000), 4000);
  for (const step of [1, 10, 3999, 4000, 4001, 100_000])
    expect(schedule(step - 1)).toBeCloseTo(512 ** -0.5 * Math.min(step ** -0.5, step * 4000 ** -1.5), 15);
});

test('a warm-up rises in equal parts to the first value of what follows', () => {
  const schedule = schedules.warmUp(schedules.cosine(0.8, 10), 4);
  expect([0, 1, 2, 3, 4].map((step) => schedule(step))).toBeAllclose([0.2, 0.4, 0.6, 0.8, 0.8]);
  expect(schedule(9)).toBeCloseTo(0.4, 12);
  expect(schedules.warmUp(() => 1, 2, { from: 0.5 })(0)).toBe(0.75);
});

test('join lets each part count from 0', () => {
  const schedule = schedules.join([schedules.linear(0, 1, 10), schedules.constant(2), (step) => step], [10, 12]);
  expect([0, 5, 10, 11, 12, 15].map((step) => schedule(step))).toEqual([0, 0.5, 2, 2, 0, 3]);
  expect(schedules.join([schedules.constant(7)], [])(3)).toBe(7);
});

describe('at any step', () => {
  const all: [string, Schedule, number][] = [
    ['cosine', schedules.cosine(1, 100), 1],
    ['cosineRestarts', schedules.cosineRestarts(1, 3, { growth: 2 }), 1],
    ['exponential', schedules.exponential(1, 0.9), 1],
    ['inverseSquareRoot', schedules.inverseSquareRoot(1, 10), 1],
    ['linear', schedules.linear(0, 1, 50), 1],
    ['oneCycle', schedules.oneCycle(1, 100), 1],
    ['a short oneCycle', schedules.oneCycle(1, 2), 1],
    ['piecewise', schedules.piecewise(1, [3, 9], 0.5), 1],
    ['polynomial', schedules.polynomial(1, 0.1, 40), 1],
    ['warmUp', schedules.warmUp(schedules.oneCycle(1, 100), 7), 1],
  ];
  test.each(all)('%s is finite, at least 0 and at most its peak, and has no memory', (_, schedule, peak) => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e7 }), (step) => {
        const value = schedule(step);
        expect(Number.isFinite(value) && value >= 0 && value <= peak * (1 + 1e-12)).toBe(true);
        expect(schedule(step)).toBe(value);
      }),
    );
  });
});
