import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shareOut } from '../src/topology/share-out.ts';

test('shares are in proportion, the largest remainders first, and what one can’t take the others get', () => {
  expect(shareOut(10, [1, 1, 2], [99, 99, 99])).toEqual([3, 2, 5]);
  expect(shareOut(10, [1, 1, 2], [99, 99, 2])).toEqual([4, 4, 2]);
  expect(shareOut(5, [0, 0], [9, 9])).toEqual([3, 2]);
  expect(shareOut(5, [1, 0], [2, 9])).toEqual([2, 3]);
  expect(() => shareOut(5, [1], [4])).toThrow(/capacities of 4/);
});

test('they add up to the total and none is above its capacity', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ weight: fc.double({ min: 0, max: 1e3, noNaN: true }), capacity: fc.nat(500) }), { minLength: 1, maxLength: 8 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (parts, part) => {
        const capacities = parts.map(({ capacity }) => capacity);
        const total = Math.floor(part * capacities.reduce((sum, capacity) => sum + capacity, 0));
        const shares = shareOut(
          total,
          parts.map(({ weight }) => weight),
          capacities,
        );
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(total);
        expect(shares.every((share, i) => Number.isInteger(share) && share >= 0 && share <= capacities[i]!)).toBe(true);
      },
    ),
  );
});
