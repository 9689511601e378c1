import { checkNumber } from '../ops/arguments.ts';
import { bits } from './bits.ts';
import { checkKey, type Key } from './key.ts';
import { multiplyHigh } from './philox.ts';

/** Words drawn at once. */
const CHUNK = 4096;

/**
 * The numbers 0 to n - 1 in a random order, every order as likely as any other.
 *
 * Fisher and Yates's shuffle; an index below m is the upper word of m times a random word, drawn again in the few
 * cases that would favour some index (D. Lemire, "Fast random integer generation in an interval", 2019, arXiv 1805.10941).
 *
 * @throws {RangeError} if n is no whole number from 0 to 2^31 - 1.
 * @example
 * permutation(key(0), 4); // Int32Array of 0, 1, 2, 3 in some order
 */
export function permutation(key: Key, n: number): Int32Array<ArrayBuffer> {
  checkKey('permutation', key);
  checkNumber('permutation', 'n', n, { least: 0, most: 2 ** 31 - 1, whole: true });
  const order = new Int32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  let words = new Uint32Array(0);
  let used = 0;
  let offset = 0;
  const next = (): number => {
    if (used === words.length) {
      words = bits(key, CHUNK, { offset });
      offset += CHUNK;
      used = 0;
    }
    return words[used++] as number;
  };
  for (let m = n; m > 1; m--) {
    const unfair = 2 ** 32 % m;
    let word = next();
    while (Math.imul(word, m) >>> 0 < unfair) word = next();
    const chosen = multiplyHigh(word, m) >>> 0;
    const kept = order[m - 1] as number;
    order[m - 1] = order[chosen] as number;
    order[chosen] = kept;
  }
  return order;
}
