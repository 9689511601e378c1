/** Multipliers and key increments of Philox 4x32. */
const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;
const ROUNDS = 10;

/** Unsigned 32-bit words. */
export type Words2 = readonly [number, number];
export type Words4 = readonly [number, number, number, number];

/**
 * Philox 4x32-10: four random words for each counter, a bijection of the counter for each key.
 *
 * A round takes (c0, c1, c2, c3) to (hi(M1·c2) ^ c1 ^ k0, lo(M1·c2), hi(M0·c0) ^ c3 ^ k1, lo(M0·c0)) and adds the
 * Weyl constants to the key. Only 32-bit integer arithmetic: the same bits everywhere.
 *
 * Fills `words` with the blocks of the counters (c0, c1, c2, c3), (c0 + 1, c1, c2, c3), ..., carrying from c0 to c1;
 * a last block that has no room is cut.
 *
 * J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
 */
export function philox(words: Uint32Array, [k0, k1]: Words2, [c0, c1, c2, c3]: Words4): void {
  const { length } = words;
  let low = c0 | 0;
  let high = c1 | 0;
  for (let at = 0; at < length; at += 4) {
    let x0 = low;
    let x1 = high;
    let x2 = c2 | 0;
    let x3 = c3 | 0;
    let key0 = k0 | 0;
    let key1 = k1 | 0;
    for (let round = 0; round < ROUNDS; round++) {
      const high0 = multiplyHigh(M0, x0);
      const high1 = multiplyHigh(M1, x2);
      const low0 = Math.imul(M0, x0);
      const low1 = Math.imul(M1, x2);
      x0 = high1 ^ x1 ^ key0;
      x1 = low1;
      x2 = high0 ^ x3 ^ key1;
      x3 = low0;
      key0 = (key0 + W0) | 0;
      key1 = (key1 + W1) | 0;
    }
    // Stores past the end of a typed array do nothing, which cuts the last block.
    words[at] = x0;
    words[at + 1] = x1;
    words[at + 2] = x2;
    words[at + 3] = x3;
    low = (low + 1) | 0;
    if (low === 0) high = (high + 1) | 0;
  }
}

/** The upper 32 bits of the 64-bit product of two unsigned words. */
export function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16);
  // A 16-bit by 16-bit product exceeds int32, so each sum is taken as unsigned before its carry is.
  const cross = Math.imul(aLow, bHigh) + (middle & 0xffff);
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (cross >>> 16)) | 0;
}
