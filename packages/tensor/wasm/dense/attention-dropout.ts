/**
 * Dropout of attention's probabilities. Whether the one of a head's query and key is dropped is told by 16 bits of a block of
 * Philox with the counter (key / 8, query, head, 0): the lower half of word key % 8 for the first four keys, the upper half of word key % 8 - 4
 * for the others. So nothing has to be kept for the gradient, and it doesn't matter in which blocks or on which thread they're made.
 */
import { philoxLanes, toBlocks } from '../simd/philox';
import { DROPOUT } from './attention-block';
import { COLUMNS } from './gemm-tile';

// Parameters, as words: two words of a key, the number of 16 bits below which a probability is dropped (0: none is), and the factor
// of the others.
const KEY0: usize = DROPOUT;
const KEY1: usize = DROPOUT + 4;
const THRESHOLD: usize = DROPOUT + 8;
const FACTOR: usize = DROPOUT + 12;

const LINE: usize = COLUMNS * 4;

export function drops(p: usize): bool {
  return load<i32>(p, THRESHOLD) != 0;
}

/** Drops of a block of probabilities, a row of COLUMNS queries from `query` on for each of `seen` keys from `key` on. */
export function dropColumns(p: usize, head: i32, query: i32, key: i32, seen: i32, values: usize, spare: usize): void {
  const threshold = i32x4.splat(load<i32>(p, THRESHOLD));
  const factor = v128.load32_splat(p, FACTOR);
  const past = values + <usize>seen * LINE;
  for (let j = 0; j < COLUMNS; j += 8) {
    for (let first = key & ~7; first < key + seen; first += 8) {
      numbers(p, head, query + j, first, spare);
      let at = values + <usize>(first - key) * LINE + (<usize>j << 2);
      for (let i = 0; i < 8; i++) {
        const words = spare + (<usize>(i & 3) << 5);
        const shift = (i & 4) << 2;
        if (at >= values && at < past) {
          v128.store(at, f32x4.mul(v128.load(at), kept(i32x4.shr_u(v128.load(words), shift), threshold, factor)));
          v128.store(at, f32x4.mul(v128.load(at, 16), kept(i32x4.shr_u(v128.load(words, 16), shift), threshold, factor)), 16);
        }
        at += LINE;
      }
    }
  }
}

/** Writes the numbers of 8 queries from `query` on with COLUMNS keys from `key`, a multiple of 8, on: a line of 128 bytes for each 8 keys. */
export function numbersOfRows(p: usize, head: i32, query: i32, key: i32, to: usize): void {
  for (let j = 0; j < COLUMNS; j += 8) {
    numbers(p, head, query, key + j, to);
    toBlocks(to);
    to += 128;
  }
}

/** What the first (`upper` 0) or the other (16) four of 8 keys' probabilities are multiplied by, from the place of a query's numbers. */
// @ts-ignore: decorator
@inline
export function factors(p: usize, words: usize, upper: i32): v128 {
  return kept(i32x4.shr_u(v128.load(words), upper), i32x4.splat(load<i32>(p, THRESHOLD)), v128.load32_splat(p, FACTOR));
}

function numbers(p: usize, head: i32, query: i32, key: i32, to: usize): void {
  const group = i32x4.splat(key >> 3);
  const low = i32x4.add(i32x4.splat(query), i32x4(0, 1, 2, 3));
  const high = i32x4.add(low, i32x4.splat(4));
  philoxLanes(to, group, group, low, high, i32x4.splat(head), load<u32>(p, KEY0), load<u32>(p, KEY1));
}

/** The factor where the lower 16 bits say so, else 0. */
// @ts-ignore: decorator
@inline
function kept(words: v128, threshold: v128, factor: v128): v128 {
  return v128.and(factor, i32x4.ge_s(v128.and(words, i32x4.splat(0xffff)), threshold));
}
