import fc from 'fast-check';
import { expect, test } from 'vitest';
import { multiplyHigh, philox, type Words2, type Words4 } from '../../src/random/philox.ts';

/** Philox 4x32-10 by whole numbers of any size. */
function reference(counter: readonly number[], key: readonly number[]): number[] {
  let c = counter.map(BigInt);
  let k = key.map(BigInt);
  const word = (x: bigint): bigint => x & 0xffffffffn;
  for (let round = 0; round < 10; round++) {
    const p0 = 0xd2511f53n * c[0]!;
    const p1 = 0xcd9e8d57n * c[2]!;
    c = [(p1 >> 32n) ^ c[1]! ^ k[0]!, word(p1), (p0 >> 32n) ^ c[3]! ^ k[1]!, word(p0)];
    k = [word(k[0]! + 0x9e3779b9n), word(k[1]! + 0xbb67ae85n)];
  }
  return c.map(Number);
}

function block(counter: Words4, key: Words2): number[] {
  const words = new Uint32Array(4);
  philox(words, key, counter);
  return [...words];
}

const f = 0xffffffff;

test.each<[string, Words4, Words2, number[]]>([
  ['zeros', [0, 0, 0, 0], [0, 0], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]],
  ['ones', [f, f, f, f], [f, f], [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]],
  [
    'digits of pi',
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  ],
])("Random123's known answer for %s", (_, counter, key, expected) => {
  expect(block(counter, key)).toEqual(expected);
});

const word = fc.integer({ min: 0, max: f });

test('any block equals the one by big integers', () => {
  fc.assert(
    fc.property(fc.tuple(word, word, word, word), fc.tuple(word, word), (counter, key) => {
      expect(block(counter, key)).toEqual(reference(counter, key));
    }),
    { numRuns: 300 },
  );
});

test('the upper half of a product equals that by big integers', () => {
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(multiplyHigh(a, b) >>> 0).toBe(Number((BigInt(a) * BigInt(b)) >> 32n));
    }),
  );
});

test('blocks that follow count up, carrying into the second word, and the last is cut', () => {
  const words = new Uint32Array(10);
  philox(words, [1, 2], [f, 7, 3, 4]);
  const expected = [reference([f, 7, 3, 4], [1, 2]), reference([0, 8, 3, 4], [1, 2]), reference([1, 8, 3, 4], [1, 2])].flat().slice(0, 10);
  expect([...words]).toEqual(expected);
});
