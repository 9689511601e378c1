/** Philox 4x32-10 of eight counters at once, each lane of two vectors one: see src/random/philox.ts, which it must equal bit for bit. */

const M0: u32 = 0xd2511f53;
const M1: u32 = 0xcd9e8d57;
const W0: u32 = 0x9e3779b9;
const W1: u32 = 0xbb67ae85;

/**
 * Writes the 32 words of the blocks with the counters (block + 0..7, 0, 0, 0) to `to`, in the order of the stream. Two
 * vectors side by side, because a round waits for its products.
 */
// @ts-ignore: decorator
@inline
export function philox32(to: usize, block: u32, key0: u32, key1: u32): void {
  const m0 = i32x4.splat(M0);
  const m1 = i32x4.splat(M1);
  const w0 = i32x4.splat(W0);
  const w1 = i32x4.splat(W1);
  const zero = i32x4.splat(0);
  let k0 = i32x4.splat(key0);
  let k1 = i32x4.splat(key1);
  let x0 = i32x4.add(i32x4.splat(block), i32x4(0, 1, 2, 3));
  let y0 = i32x4.add(i32x4.splat(block), i32x4(4, 5, 6, 7));
  let x1 = zero;
  let y1 = zero;
  let x2 = zero;
  let y2 = zero;
  let x3 = zero;
  let y3 = zero;
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
  storeBlocks(to, x0, x1, x2, x3);
  storeBlocks(to + 64, y0, y1, y2, y3);
}

/** From word by word to block by block. */
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
