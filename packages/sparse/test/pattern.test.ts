import { disable, random } from '@x/tensor';
import { csrPattern, keepLargest, rewire, type CsrPattern } from '@x/tensor/sparse';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { drawAbsent } from '../src/pattern/absent.ts';
import { randomPattern } from '../src/pattern/random-pattern.ts';
import { takenBy } from '../src/pattern/taken.ts';
import { useBackend } from './backends.ts';

beforeAll(() => useBackend('cpu'));
afterAll(disable);

const scores = fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 60 });
const positionsOf = ({ rows, columns, pointers, indices }: Pick<CsrPattern, 'rows' | 'columns' | 'pointers' | 'indices'>): number[] =>
  Array.from({ length: rows }, (_, row) =>
    [...indices.subarray(pointers[row]!, pointers[row + 1]!)].map((column) => row * columns + column),
  ).flat();

test('a pattern stays as it was checked, whatever becomes of the arrays it was made from', () => {
  const [pointers, indices] = [Int32Array.of(0, 2, 3), Int32Array.of(0, 2, 1)];
  const pattern = csrPattern(2, 3, pointers, indices);
  pointers.fill(9);
  indices.fill(-1);
  expect([[...pattern.pointers], [...pattern.indices]]).toEqual([
    [0, 2, 3],
    [0, 2, 1],
  ]);
  pattern.dispose();
});

test('keepLargest is what sorting gives; of equal scores the earlier is kept', () => {
  fc.assert(
    fc.property(scores, fc.nat(61), (values, k) => {
      const order = values.map((value, index) => ({ value, index })).sort((a, b) => b.value - a.value || a.index - b.index);
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
        const { pattern, from: origin } = rewire(old, { keep, grown });
        const from = origin.dataSync();
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
