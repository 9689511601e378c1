import { random } from '../kernels/values.ts';

/** Integers from `least` to `most`, the ends among them often. */
export function bytes(count: number, seed: number, least = -128, most = 127): Int32Array {
  const next = random(seed);
  return Int32Array.from({ length: count }, (_, i) =>
    i % 7 === 1 ? least : i % 7 === 4 ? most : least + Math.floor(next() * (most - least + 1)),
  );
}
