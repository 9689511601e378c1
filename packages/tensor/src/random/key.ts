import { checkNumber, describe } from '../ops/arguments.ts';
import { philox, type Words2 } from './philox.ts';

/**
 * A seed of random numbers. Every random function takes one, and the same key gives the same numbers each time; for
 * fresh numbers derive fresh keys with {@link split} or {@link fold}.
 */
export interface Key {
  readonly words: Words2;
}

/** What a counter is for is told by its last word, so that values and derived keys never meet. */
export const VALUES = 0;
const SPLIT = 1;
const FOLD = 2;

/** `n` keys, as a tuple where `n` is a literal of at most 32, so that they can be destructured. */
export type Keys<N extends number, List extends Key[] = []> = number extends N
  ? Key[]
  : List['length'] extends N
    ? List
    : List['length'] extends 32
      ? Key[]
      : Keys<N, [...List, Key]>;

/**
 * The key of a seed.
 *
 * @param seed A whole number from 0 to 2^53 - 1.
 * @throws {RangeError} if the seed is no such number.
 * @example
 * const [forWeights, forData] = split(key(1), 2);
 */
export function key(seed: number): Key {
  checkNumber('key', 'seed', seed, { least: 0, most: Number.MAX_SAFE_INTEGER, whole: true });
  return { words: [seed >>> 0, Math.floor(seed / 2 ** 32)] };
}

/**
 * `n` new keys that are independent of each other and of the numbers that `from` gives.
 *
 * @throws {RangeError} if `n` is no whole number from 0 to 2^32 - 1.
 */
export function split<const N extends number>(from: Key, n: N): Keys<N> {
  checkKey('split', from);
  checkNumber('split', 'n', n, { least: 0, most: 2 ** 32 - 1, whole: true });
  const words = new Uint32Array(n * 4);
  philox(words, from.words, [0, 0, 0, SPLIT]);
  return Array.from({ length: n }, (_, index) => keyAt(words, index * 4)) as Keys<N>;
}

/**
 * A new key from a key and a number, such as a step or an index: cheaper than keeping split keys at hand.
 *
 * @param data A whole number from 0 to 2^53 - 1.
 */
export function fold(from: Key, data: number): Key {
  checkKey('fold', from);
  checkNumber('fold', 'data', data, { least: 0, most: Number.MAX_SAFE_INTEGER, whole: true });
  const words = new Uint32Array(4);
  philox(words, from.words, [data >>> 0, Math.floor(data / 2 ** 32), 0, FOLD]);
  return keyAt(words, 0);
}

/** @throws {TypeError} if the argument is no key. */
export function checkKey(where: string, value: unknown): void {
  const words = (value as Key | null | undefined)?.words;
  const fine = Array.isArray(words) && words.length === 2 && words.every((word) => Number.isInteger(word) && word >= 0 && word < 2 ** 32);
  if (!fine)
    throw new TypeError(`${where}: key is ${describe(value)}, but must be a key; make one with random.key(seed) or random.split(key, n).`);
}

function keyAt(words: Uint32Array, at: number): Key {
  return { words: [words[at] as number, words[at + 1] as number] };
}
