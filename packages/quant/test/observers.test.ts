import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  entropy,
  entropyThreshold,
  fixedPoint,
  fractionBits,
  minMax,
  movingAverage,
  percentile,
  squaredError,
  toFixedPoint,
  type Observer,
} from '../src/index.ts';

function seen<S>(
  observer: Observer<S>,
  ...batches: readonly ArrayLike<number>[]
): (purpose?: Parameters<Observer['range']>[1]) => { min: number; max: number } {
  const state = batches.reduce((state, batch) => observer.update(state, batch), observer.init());
  return (purpose) => observer.range(state, purpose);
}

/** Sums of uniform numbers, all but normal. */
function bell(count: number, seed = 1): Float32Array {
  let state = seed;
  const next = (): number => (state = (Math.imul(state, 1664525) + 1013904223) | 0) / 2 ** 31;
  return Float32Array.from({ length: count }, () => next() + next() + next() + next());
}

const all: readonly (readonly [string, () => Observer<never>])[] = [
  ['minMax', minMax as never],
  ['movingAverage', movingAverage as never],
  ['percentile', percentile as never],
  ['squaredError', squaredError as never],
  ['entropy', entropy as never],
];

describe.each(all)('%s', (name, make) => {
  const observer = make() as unknown as Observer;

  test('never reaches beyond what it saw', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -1000, max: 1000 }), { minLength: 1 }), {
          minLength: 1,
          maxLength: 4,
        }),
        (batches) => {
          const flat = batches.flat();
          for (const symmetric of [false, true]) {
            const { min, max } = seen(observer, ...batches)({ symmetric });
            expect(min).toBeLessThanOrEqual(max);
            expect(min).toBeGreaterThanOrEqual(Math.min(...flat, 0));
            expect(max).toBeLessThanOrEqual(Math.max(...flat, 0));
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  test('does not change the state it is given', () => {
    const first = observer.update(observer.init(), [1, 2]);
    const before = structuredClone(first);
    observer.update(first, [-5, 9]);
    expect(first).toEqual(before);
  });

  test('refuses NaN, infinity, and a range of nothing', () => {
    expect(() => observer.update(observer.init(), [1, Number.NaN])).toThrow(new RegExp(`${name}: value 1 it sees is NaN`));
    expect(() => observer.update(observer.init(), [Infinity])).toThrow(/is Infinity/);
    expect(() => observer.range(observer.init())).toThrow(/no value was seen/);
  });

  test('a constant and zeros have a range', () => {
    expect(seen(observer, [0, 0])()).toEqual({ min: 0, max: 0 });
    const { max } = seen(observer, [3, 3])();
    expect(max).toBeCloseTo(3, 1);
  });
});

test('minMax and movingAverage are their formulas', () => {
  expect(seen(minMax(), [1, -2], [5], [0])()).toEqual({ min: -2, max: 5 });
  expect(seen(movingAverage({ constant: 0.5 }), [0, 4], [-2, 8])()).toEqual({ min: -1, max: 6 });
  expect(() => movingAverage({ constant: 0 })).toThrow(/constant is 0/);
});

test('percentile cuts what it says', () => {
  const values = Float32Array.from({ length: 10000 }, (_, i) => i + 0.5);
  const { min, max } = seen(percentile({ percent: 98 }), values)();
  expect(min).toBeCloseTo(100, -1.3);
  expect(max).toBeCloseTo(9900, -1.3);
  const symmetric = seen(percentile({ percent: 98 }), values)({ symmetric: true });
  expect(symmetric.max).toBeCloseTo(9800, -1.3);
  expect(seen(percentile({ percent: 100 }), values)()).toEqual({ min: 0.5, max: 9999.5 });
  expect(() => percentile({ percent: 50 })).toThrow(/percent is 50/);
});

test('batches of growing range count as one', () => {
  const values = bell(5000);
  const whole = seen(squaredError(), values)({ bits: 4 });
  const parts = seen(squaredError(), values.subarray(0, 10), values.subarray(10))({ bits: 4 });
  expect(parts.max / whole.max).toBeCloseTo(1, 0.7);
  const wide = seen(percentile({ percent: 99 }), [1e-6], [1e6, -1e6, ...bell(1000)])();
  expect(wide.max).toBeLessThanOrEqual(1e6);
});

describe('least squared error', () => {
  test('clips few bits of a bell, and hardly 8', () => {
    const values = bell(20000);
    const largest = values.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
    const at = (bits: number): number => seen(squaredError(), values)({ bits, symmetric: true }).max / largest;
    expect(at(3)).toBeLessThan(at(5));
    expect(at(5)).toBeLessThan(at(8));
    expect(at(8)).toBeGreaterThan(0.9);
  });

  test('cuts an outlier at its own end only', () => {
    const { min, max } = seen(squaredError(), [...bell(20000), 40])({ bits: 4 });
    expect(max).toBeLessThan(20);
    expect(min).toBeLessThan(-1.5);
  });
});

describe('entropy', () => {
  test('keeps an even distribution whole and cuts a long tail', () => {
    const even = Float32Array.from({ length: 40000 }, (_, i) => i / 40000);
    expect(seen(entropy(), even)().max).toBeGreaterThan(0.95);
    const tail = Float32Array.from([...bell(40000), 30, -28]);
    const { min, max } = seen(entropy(), tail)();
    expect(max).toBeLessThan(8);
    expect(min).toBeGreaterThan(-8);
  });

  test('what is beyond the threshold weighs on it: without it the narrowest would always win', () => {
    const counts = new Float64Array(512).fill(10);
    expect(entropyThreshold(counts, 128)).toBe(512);
  });

  test('equals a plain transcription of the procedure', () => {
    const counts = Float64Array.from({ length: 300 }, (_, i) => Math.round(1000 * Math.exp(-i / 25)) + (i === 290 ? 5 : 0));
    const levels = 16;
    let least = Infinity;
    let chosen = 0;
    for (let kept = levels; kept <= counts.length; kept++) {
      const inside = [...counts.slice(0, kept)];
      const p = [...inside];
      p[kept - 1]! += counts.slice(kept).reduce((sum, c) => sum + c, 0);
      const q = p.map(() => 0);
      for (let level = 0; level < levels; level++) {
        const bins = p
          .map((_, bin) => bin)
          .filter((bin) => bin >= Math.floor((level * kept) / levels) && bin < Math.floor(((level + 1) * kept) / levels));
        const occupied = bins.filter((bin) => p[bin]! > 0);
        for (const bin of occupied) q[bin] = bins.reduce((sum, bin) => sum + inside[bin]!, 0) / occupied.length;
      }
      const [ofP, ofQ] = [p, q].map((list) => list.reduce((sum, c) => sum + c, 0)) as [number, number];
      const divergence = p.reduce(
        (sum, c, bin) => (c === 0 ? sum : sum + (c / ofP) * Math.log(c / ofP / (q[bin]! > 0 ? q[bin]! / ofQ : 1e-4 / ofP))),
        0,
      );
      if (divergence <= least + 1e-12) [least, chosen] = [Math.min(divergence, least), kept];
    }
    expect(entropyThreshold(counts, levels)).toBe(chosen);
  });
});

describe('dynamic fixed point', () => {
  test('has as many fraction bits as the range leaves', () => {
    expect(fractionBits([0.5, -0.25, 0.125], 8)).toBe(7);
    expect(fractionBits([100, -3], 8)).toBe(0);
    expect(fractionBits([1000, 900, -950], 8)).toBe(-3);
    expect(fractionBits([0, 0], 8)).toBe(7);
  });

  test('as an observer gives ranges of powers of two', () => {
    const values = bell(5000);
    for (const bits of [4, 8]) {
      const { min, max } = seen(fixedPoint(), values)({ bits });
      const step = (max - min) / (2 ** bits - 1);
      expect(Math.log2(step)).toBe(-fractionBits(values, bits));
      expect(min).toBe(-step * 2 ** (bits - 1));
    }
  });

  test('is the best of all fraction bits, for every width', () => {
    const values = bell(500);
    const error = (bits: number, fraction: number): number =>
      toFixedPoint(values, bits, fraction).reduce((sum, x, i) => sum + Math.abs(x - values[i]!), 0);
    for (let bits = 2; bits <= 16; bits++) {
      const chosen = fractionBits(values, bits);
      const least = Math.min(...Array.from({ length: 40 }, (_, i) => error(bits, i - 20)));
      expect(error(bits, chosen)).toBe(least);
    }
    expect(() => fractionBits([1], 17)).toThrow(/bits is 17/);
    expect(() => fractionBits([Number.NaN], 8)).toThrow(/NaN/);
  });
});
