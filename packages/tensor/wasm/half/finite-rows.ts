/**
 * Rows of a float16 matrix of which every code is 0 or a normal number, as it is while the others are set aside: shifted right by three a code
 * is a float32 of 2^-112 times the value, so that two operations widen it and the other factor, times 2^112, makes up for it, exactly.
 *
 * A word has two codes: its lower one is of an even column, its upper one of an odd one. Sixteen columns are worked on in the order
 * 0 2 4 6, 8 10 12 14, 1 3 5 7, 9 11 13 15. The last sixteen may overlap those before.
 */
import { constant } from '../simd/constants';
import { madd } from '../simd/madd';
import { WIDEN_CONSTANT_BYTES } from '../dense/widen-rows';

/** Rows that are worked on at once. */
export const ROWS_AT_ONCE: i32 = 4;

/** Columns of a block, and the least there may be. */
export const BLOCK: i32 = 16;

// Constants after those of widening.
const BITS: usize = WIDEN_CONSTANT_BYTES; // sign, exponent and fraction
const SCALE: usize = WIDEN_CONSTANT_BYTES + 4; // 2^112
const SIZE: usize = WIDEN_CONSTANT_BYTES + 8; // all bits but the sign
const LIMIT: usize = WIDEN_CONSTANT_BYTES + 12;

export function writeFiniteConstants(k: usize): void {
  store<u32>(k, 0x8fffe000, BITS);
  store<f32>(k, 5.192296858534828e33, SCALE);
  store<u32>(k, 0x7fffffff, SIZE);
  store<f32>(k, 32768, LIMIT);
}

// @ts-ignore: decorator
@inline
function even(codes: v128, k: usize): v128 {
  return v128.and(i32x4.shr_s(i32x4.shl(codes, 16), 3), constant(k, BITS));
}

// @ts-ignore: decorator
@inline
function odd(codes: v128, k: usize): v128 {
  return v128.and(i32x4.shr_s(codes, 3), constant(k, BITS));
}

// @ts-ignore: decorator
@inline
function blocksOf(columns: i32): usize {
  return <usize>(columns + BLOCK - 1) / BLOCK;
}

/** Bytes of the sums of some columns. */
export function sumsBytes(columns: i32): usize {
  return blocksOf(columns) << 6;
}

/** Whether n factors are small enough to be multiplied by 2^112; NaN is not. */
export function scalable(x: usize, n: i32, k: usize): bool {
  let small = constant(k, SIZE);
  const past = x + (<usize>n << 2);
  for (; x + 16 <= past; x += 16) small = v128.and(small, f32x4.lt(v128.and(v128.load(x), constant(k, SIZE)), constant(k, LIMIT)));
  for (; x < past; x += 4) small = v128.and(small, f32x4.lt(v128.and(v128.load32_splat(x), constant(k, SIZE)), constant(k, LIMIT)));
  return i32x4.all_true(small);
}

/** sums += up to four rows, each times its factor; the sums in the order above, sixteen for each block. */
export function addFiniteRows(sums: usize, columns: i32, row: usize, stride: usize, x: usize, rows: i32, k: usize): void {
  const row1 = rows > 1 ? row + stride : row;
  const row2 = rows > 2 ? row1 + stride : row;
  const row3 = rows > 3 ? row2 + stride : row;
  const scale = constant(k, SCALE);
  const none = f32x4.splat(0);
  const x0 = f32x4.mul(v128.load32_splat(x), scale);
  const x1 = rows > 1 ? f32x4.mul(v128.load32_splat(x, 4), scale) : none;
  const x2 = rows > 2 ? f32x4.mul(v128.load32_splat(x, 8), scale) : none;
  const x3 = rows > 3 ? f32x4.mul(v128.load32_splat(x, 12), scale) : none;
  const past = sums + (blocksOf(columns) << 6);
  const last = <usize>(columns - BLOCK) << 1;
  for (let at: usize = 0; sums < past; sums += 64) {
    const p0 = v128.load(row + at);
    const q0 = v128.load(row + at, 16);
    const p1 = v128.load(row1 + at);
    const q1 = v128.load(row1 + at, 16);
    const p2 = v128.load(row2 + at);
    const q2 = v128.load(row2 + at, 16);
    const p3 = v128.load(row3 + at);
    const q3 = v128.load(row3 + at, 16);
    let a = v128.load(sums);
    let b = v128.load(sums, 16);
    let c = v128.load(sums, 32);
    let d = v128.load(sums, 48);
    a = madd(even(p0, k), x0, a);
    b = madd(even(q0, k), x0, b);
    c = madd(odd(p0, k), x0, c);
    d = madd(odd(q0, k), x0, d);
    a = madd(even(p1, k), x1, a);
    b = madd(even(q1, k), x1, b);
    c = madd(odd(p1, k), x1, c);
    d = madd(odd(q1, k), x1, d);
    a = madd(even(p2, k), x2, a);
    b = madd(even(q2, k), x2, b);
    c = madd(odd(p2, k), x2, c);
    d = madd(odd(q2, k), x2, d);
    a = madd(even(p3, k), x3, a);
    b = madd(even(q3, k), x3, b);
    c = madd(odd(p3, k), x3, c);
    d = madd(odd(q3, k), x3, d);
    v128.store(sums, a);
    v128.store(sums, b, 16);
    v128.store(sums, c, 32);
    v128.store(sums, d, 48);
    at = min(at + 32, last);
  }
}

/** to[j] = the sums of the columns in their own order. */
export function inColumnOrder(sums: usize, columns: i32, to: usize): void {
  const blocks = blocksOf(columns);
  const last = <usize>(columns - BLOCK) << 2;
  for (let i: usize = 0; i < blocks; i++) {
    const a = v128.load(sums);
    const b = v128.load(sums, 16);
    const c = v128.load(sums, 32);
    const d = v128.load(sums, 48);
    const at = to + min(i << 6, last);
    v128.store(at, v128.shuffle<i32>(a, c, 0, 4, 1, 5));
    v128.store(at, v128.shuffle<i32>(a, c, 2, 6, 3, 7), 16);
    v128.store(at, v128.shuffle<i32>(b, d, 0, 4, 1, 5), 32);
    v128.store(at, v128.shuffle<i32>(b, d, 2, 6, 3, 7), 48);
    sums += 64;
  }
}

/** x times 2^112 in the order above; columns that the last sixteen share with those before are 0 there. */
export function scaleInBlocks(x: usize, columns: i32, to: usize, k: usize): void {
  const whole = columns / BLOCK;
  for (let i = 0; i < whole; i++) {
    scaleBlock(x, to, k);
    x += 64;
    to += 64;
  }
  const rest = <usize>(columns - whole * BLOCK) << 2;
  if (rest == 0) return;
  memory.fill(to, 0, 64 - rest);
  memory.copy(to + 64 - rest, x, rest);
  scaleBlock(to, to, k);
}

function scaleBlock(x: usize, to: usize, k: usize): void {
  const a = f32x4.mul(v128.load(x), constant(k, SCALE));
  const b = f32x4.mul(v128.load(x, 16), constant(k, SCALE));
  const c = f32x4.mul(v128.load(x, 32), constant(k, SCALE));
  const d = f32x4.mul(v128.load(x, 48), constant(k, SCALE));
  v128.store(to, v128.shuffle<i32>(a, b, 0, 2, 4, 6));
  v128.store(to, v128.shuffle<i32>(c, d, 0, 2, 4, 6), 16);
  v128.store(to, v128.shuffle<i32>(a, b, 1, 3, 5, 7), 32);
  v128.store(to, v128.shuffle<i32>(c, d, 1, 3, 5, 7), 48);
}

/** Up to four rows times x, which is from scaleInBlocks: sums[8i .. 8i + 7] add up to row i's. */
export function dotFiniteRows(row: usize, stride: usize, rows: i32, x: usize, columns: i32, sums: usize, k: usize): void {
  const row1 = rows > 1 ? row + stride : row;
  const row2 = rows > 2 ? row1 + stride : row;
  const row3 = rows > 3 ? row2 + stride : row;
  let a0 = f32x4.splat(0);
  let b0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let b1 = f32x4.splat(0);
  let a2 = f32x4.splat(0);
  let b2 = f32x4.splat(0);
  let a3 = f32x4.splat(0);
  let b3 = f32x4.splat(0);
  const past = x + (blocksOf(columns) << 6);
  const last = <usize>(columns - BLOCK) << 1;
  for (let at: usize = 0; x < past; x += 64) {
    const xa = v128.load(x);
    const xb = v128.load(x, 16);
    const xc = v128.load(x, 32);
    const xd = v128.load(x, 48);
    const p0 = v128.load(row + at);
    const q0 = v128.load(row + at, 16);
    const p1 = v128.load(row1 + at);
    const q1 = v128.load(row1 + at, 16);
    const p2 = v128.load(row2 + at);
    const q2 = v128.load(row2 + at, 16);
    const p3 = v128.load(row3 + at);
    const q3 = v128.load(row3 + at, 16);
    a0 = madd(odd(p0, k), xc, madd(even(p0, k), xa, a0));
    b0 = madd(odd(q0, k), xd, madd(even(q0, k), xb, b0));
    a1 = madd(odd(p1, k), xc, madd(even(p1, k), xa, a1));
    b1 = madd(odd(q1, k), xd, madd(even(q1, k), xb, b1));
    a2 = madd(odd(p2, k), xc, madd(even(p2, k), xa, a2));
    b2 = madd(odd(q2, k), xd, madd(even(q2, k), xb, b2));
    a3 = madd(odd(p3, k), xc, madd(even(p3, k), xa, a3));
    b3 = madd(odd(q3, k), xd, madd(even(q3, k), xb, b3));
    at = min(at + 32, last);
  }
  // Neighboring stores are where the wide tier begins to join.
  v128.store(sums, a0);
  v128.store(sums, b0, 16);
  v128.store(sums, a1, 32);
  v128.store(sums, b1, 48);
  v128.store(sums, a2, 64);
  v128.store(sums, b2, 80);
  v128.store(sums, a3, 96);
  v128.store(sums, b3, 112);
}
