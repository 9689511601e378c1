import { random } from '@x/tensor';
import { type CsrPattern } from '@x/tensor/sparse';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drawAbsent } from '../src/pattern/absent.ts';
import { keepLargest, kthLargest } from '../src/pattern/kth-largest.ts';
import { Largest } from '../src/pattern/largest.ts';
import { randomPattern } from '../src/pattern/random-pattern.ts';
import { rewire } from '../src/pattern/rewire.ts';
import { takenBy } from '../src/pattern/taken.ts';

const scores = fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 60 });
const positionsOf = ({ rows, columns, pointers, indices }: Pick<CsrPattern, 'rows' | 'columns' | 'pointers' | 'indices'>): number[] =>
  Array.from({ length: rows }, (_, row) =>
    [...indices.subarray(pointers[row]!, pointers[row + 1]!)].map((column) => row * columns + column),
  ).flat();

test('kthLargest and keepLargest are what sorting gives; of equal scores the earlier is kept', () => {
  fc.assert(
    fc.property(scores, fc.nat(61), (values, k) => {
      const order = values.map((value, index) => ({ value, index })).sort((a, b) => b.value - a.value || a.index - b.index);
      if (k > 0) expect(kthLargest(Float32Array.from(values), k)).toBe(order[k - 1]?.value ?? -Infinity);
      const keep = keepLargest(Float32Array.from(values), k);
      expect([...keep.keys()].filter((index) => keep[index] === 1)).toEqual(
        order
          .slice(0, k)
          .map(({ index }) => index)
          .sort((a, b) => a - b),
      );
    }),
  );
  expect([...keepLargest(Float32Array.of(1, 0.5, 0.3, 0.2, 1, 1.5, 1.8, 2, 1, 1), 5)]).toEqual([1, 0, 0, 0, 1, 1, 1, 1, 0, 0]);
});

test('kthLargest of many values, of either sign, with repetitions and infinities, is what sorting gives', () => {
  const many = Float32Array.from(random.bits(random.key(7), 20_000), (word, i) => (i % 3 ? (word - 2 ** 31) / 2 ** 20 : (word % 5) - 2));
  many.set([Infinity, -Infinity, 1e-40, -1e-40, 0], 100);
  const sorted = many.slice().sort();
  for (const k of [1, 2, 3, 100, 9_999, 10_000, 13_333, 19_999, 20_000]) expect(kthLargest(many, k)).toBe(sorted[sorted.length - k]);
  expect(kthLargest(many, 20_001)).toBe(-Infinity);
});

test('Largest finds the largest of a stream in pieces with holes', () => {
  fc.assert(
    fc.property(fc.array(scores, { maxLength: 8 }), fc.integer({ min: 0, max: 40 }), fc.nat(5), (pieces, k, hole) => {
      const largest = new Largest(k);
      const all: { value: number; at: number }[] = [];
      let first = 0;
      for (const piece of pieces) {
        const places = Int32Array.from(piece.keys()).filter((i) => piece[i] !== hole);
        const sizes = Float32Array.from(places, (i) => Math.abs(piece[i]!));
        largest.add(sizes, places, first);
        places.forEach((i, n) => all.push({ value: sizes[n]!, at: first + i }));
        first += piece.length;
      }
      const expected = all
        .sort((a, b) => b.value - a.value || a.at - b.at)
        .slice(0, k)
        .map(({ at }) => at);
      expect([...largest.positions()]).toEqual(expected.sort((a, b) => a - b));
    }),
  );
});

test('Largest sorts out what it gathered as often as it must', () => {
  const count = 300_000;
  const values = Float32Array.from(random.bits(random.key(4), count), (word) => (word >>> 20) - 2048);
  const largest = new Largest(1000);
  for (let first = 0; first < count; first += 7001) {
    const piece = values.subarray(first, first + 7001);
    largest.add(piece.map(Math.abs), Int32Array.from(piece.keys()), first);
  }
  const order = [...values.keys()].sort((a, b) => Math.abs(values[b]!) - Math.abs(values[a]!) || a - b).slice(0, 1000);
  expect([...largest.positions()]).toEqual(order.sort((a, b) => a - b));
});

test('drawn positions are free, different, rising, the same for the same key, and spread evenly', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 12 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.nat(),
      (rows, columns, density, part, seed) => {
        const pattern = randomPattern(rows, columns, Math.floor(density * rows * columns), random.key(seed));
        const taken = takenBy(pattern);
        const count = Math.floor(part * (taken.size - taken.count));
        const drawn = drawAbsent(taken, count, random.key(seed + 1));
        expect(drawn.length).toBe(count);
        expect([...drawn]).toEqual([...new Set(drawn)].sort((a, b) => a - b));
        const present = new Set(positionsOf(pattern));
        for (const position of drawn) expect(present.has(position) || position >= taken.size || position < 0).toBe(false);
        expect(drawAbsent(taken, count, random.key(seed + 1))).toEqual(drawn);
      },
    ),
  );
  // 400 draws of 50 in 1000: each tenth of the positions gets 2000 +- 4 standard deviations.
  const tenths = new Array<number>(10).fill(0);
  for (let seed = 0; seed < 400; seed++)
    for (const position of drawAbsent({ size: 1000, count: 0, has: () => false }, 50, random.key(seed)))
      tenths[Math.floor(position / 100)]!++;
  for (const count of tenths) expect(Math.abs(count - 2000)).toBeLessThan(4 * Math.sqrt(2000));
});

test('rewire: the kept and the grown, in order, and where each came from', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 8 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.nat(),
      (rows, columns, density, seed) => {
        const old = randomPattern(rows, columns, Math.floor(density * rows * columns), random.key(seed));
        const keep = Uint8Array.from(random.bits(random.key(seed + 1), old.nonZeros), (word) => word & 1);
        const taken = takenBy(old, keep);
        // Free positions, among which are those just dropped.
        const grown = drawAbsent(taken, Math.floor((taken.size - taken.count) / 3), random.key(seed + 2));
        const { pattern, from } = rewire(old, { keep, grown });
        const before = positionsOf(old);
        const expected = [...before.filter((_, q) => keep[q] === 1), ...grown].sort((a, b) => a - b);
        const after = positionsOf(pattern);
        expect(after).toEqual(expected);
        after.forEach((position, q) => expect(from[q]! >= 0 ? before[from[q]!] : grown[-1 - from[q]!]).toBe(position));
        after.forEach((position, q) => expect(from[q]! >= 0).toBe(before.includes(position)));
      },
    ),
  );
});
