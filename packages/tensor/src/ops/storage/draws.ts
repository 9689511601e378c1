import { bits } from '../../random/bits.ts';
import type { Key } from '../../random/key.ts';

/** 16 random bits for each of so many numbers and more, as the kernels draw them. */
export function draws(key: Key, count: number): Uint16Array {
  return new Uint16Array(bits(key, Math.ceil(count / 64) * 32).buffer);
}
