import { checkOptions } from '../ops/argument-kinds.ts';
import { checkNumber } from '../ops/arguments.ts';
import { checkKey, VALUES, type Key } from './key.ts';
import { philox } from './philox.ts';

export interface BitsOptions {
  /** Index of the first word, a multiple of 4. Default 0. */
  readonly offset?: number;
}

/**
 * Words `offset`, `offset + 1`, ... of a key's stream of uniform 32-bit words. Word `i` is word `i % 4` of Philox's
 * block `i / 4`: it depends on nothing but the key and `i`, so parts of a stream can be made anywhere in any order.
 *
 * @param n How many words.
 * @throws {RangeError} if `n` or `offset` is out of range.
 * @example
 * bits(key(0), 2); // => Uint32Array [0x6627e8d5, 0xe169c58d]
 */
export function bits(key: Key, n: number, options: BitsOptions = {}): Uint32Array<ArrayBuffer> {
  const { offset = 0 } = checkOptions('bits', options);
  checkKey('bits', key);
  checkNumber('bits', 'n', n, { least: 0, most: 2 ** 32 - 1, whole: true });
  checkNumber('bits', 'offset / 4', offset / 4, { least: 0, most: Number.MAX_SAFE_INTEGER, whole: true });
  const words = new Uint32Array(n);
  const block = offset / 4;
  philox(words, key.words, [block >>> 0, Math.floor(block / 2 ** 32), 0, VALUES]);
  return words;
}
