import { requireInteger } from './validation.ts';

/**
 * Pseudo-random numbers in [0, 1) from a whole-number seed: sfc32 ("Small fast counting", PractRand). The same seed gives the same numbers everywhere.
 */
export function randomNumbers(seed: number): () => number {
  requireInteger('seed', seed, -Infinity);
  let [a, b, c, counter] = [seed | 0, (seed / 2 ** 32) | 0, 0x9e3779b9 | 0, 1];
  const next = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 15; i++) next();
  return next;
}
