/** Philox 4x32-10 of eight counters at once, each lane of two vectors one: see src/random/philox.ts, which it must equal bit for bit. */

const M0: u32 = 0xd2511f53;
const M1: u32 = 0xcd9e8d57;
const W0: u32 = 0x9e3779b9;
const W1: u32 = 0xbb67ae85;

/**
 * Writes word 0, then 1, 2 and 3 of the blocks with the counters (x0, x1, x2, 0) in the first and (y0, y1, x2, 0) in the second four
 * lanes of a line of 32 bytes. Two vectors side by side, because a round waits for its products.
 */
export function philoxLanes(to: usize, x0: v128, y0: v128, x1: v128, y1: v128, x2: v128, key0: u32, key1: u32): void {
  const m0 = i32x4.splat(M0);
  const m1 = i32x4.splat(M1);
  const w0 = i32x4.splat(W0);
  const w1 = i32x4.splat(W1);
  let k0 = i32x4.splat(key0);
  let k1 = i32x4.splat(key1);
  let y2 = x2;
  let x3 = i32x4.splat(0);
  let y3 = x3;
  for (let round = 0; round < 10; round++) {
    const xa = i64x2.extmul_low_i32x4_u(m0, x0);
    const ya = i64x2.extmul_low_i32x4_u(m0, y0);
    const xb = i64x2.extmul_high_i32x4_u(m0, x0);
    const yb = i64x2.extmul_high_i32x4_u(m0, y0);
    const xc = i64x2.extmul_low_i32x4_u(m1, x2);
    const yc = i64x2.extmul_low_i32x4_u(m1, y2);
    const xd = i64x2.extmul_high_i32x4_u(m1, x2);
    const yd = i64x2.extmul_high_i32x4_u(m1, y2);
    x0 = v128.xor(v128.xor(v128.shuffle<i32>(xc, xd, 1, 3, 5, 7), x1), k0);
    y0 = v128.xor(v128.xor(v128.shuffle<i32>(yc, yd, 1, 3, 5, 7), y1), k0);
    x2 = v128.xor(v128.xor(v128.shuffle<i32>(xa, xb, 1, 3, 5, 7), x3), k1);
    y2 = v128.xor(v128.xor(v128.shuffle<i32>(ya, yb, 1, 3, 5, 7), y3), k1);
    x1 = v128.shuffle<i32>(xc, xd, 0, 2, 4, 6);
    y1 = v128.shuffle<i32>(yc, yd, 0, 2, 4, 6);
    x3 = v128.shuffle<i32>(xa, xb, 0, 2, 4, 6);
    y3 = v128.shuffle<i32>(ya, yb, 0, 2, 4, 6);
    k0 = i32x4.add(k0, w0);
    k1 = i32x4.add(k1, w1);
  }
  v128.store(to, x0);
  v128.store(to, y0, 16);
  v128.store(to, x1, 32);
  v128.store(to, y1, 48);
  v128.store(to, x2, 64);
  v128.store(to, y2, 80);
  v128.store(to, x3, 96);
  v128.store(to, y3, 112);
}

/** From word by word, as {@link philoxLanes} writes them, to block by block. */
export function toBlocks(at: usize): void {
  const y0 = v128.load(at, 16);
  const y1 = v128.load(at, 48);
  const y2 = v128.load(at, 80);
  const y3 = v128.load(at, 112);
  storeBlocks(at, v128.load(at), v128.load(at, 32), v128.load(at, 64), v128.load(at, 96));
  storeBlocks(at + 64, y0, y1, y2, y3);
}

/** Writes the 32 words of the blocks with the counters (block + 0..7, 0, 0, 0) to `to`, in the order of the stream. */
// @ts-ignore: decorator
@inline
export function philox32(to: usize, block: u32, key0: u32, key1: u32): void {
  const first = i32x4.add(i32x4.splat(block), i32x4(0, 1, 2, 3));
  const zero = i32x4.splat(0);
  philoxLanes(to, first, i32x4.add(first, i32x4.splat(4)), zero, zero, zero, key0, key1);
  toBlocks(to);
}

// @ts-ignore: decorator
@inline
function storeBlocks(to: usize, x0: v128, x1: v128, x2: v128, x3: v128): void {
  const low01 = v128.shuffle<i32>(x0, x1, 0, 4, 1, 5);
  const low23 = v128.shuffle<i32>(x2, x3, 0, 4, 1, 5);
  const high01 = v128.shuffle<i32>(x0, x1, 2, 6, 3, 7);
  const high23 = v128.shuffle<i32>(x2, x3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(low01, low23, 0, 2));
  v128.store(to, v128.shuffle<i64>(low01, low23, 1, 3), 16);
  v128.store(to, v128.shuffle<i64>(high01, high23, 0, 2), 32);
  v128.store(to, v128.shuffle<i64>(high01, high23, 1, 3), 48);
}
