/**
 * Two rows of a matrix stored in 16 bits at once, widened in registers, as many whole blocks of 8 columns as there are. Both functions return whether all codes were finite; where they weren't, what they give is not to be used.
 */
import { madd } from '../simd/madd';
import { widenBfloat16 } from '../simd/half';
import { finite, FLOAT16, signed, sizeOf } from '../dense/widen-rows';

/** to[j] += row 0 times x[0] + row 1 times x[1]. */
export function addHalfRows(to: usize, columns: i32, row: usize, stride: usize, x: usize, stored: i32, k: usize): bool {
  if (stored == FLOAT16) return addFloat16Rows(to, columns, row, stride, x, k);
  addBfloat16Rows(to, columns, row, stride, x);
  return true;
}

/** sums[0..7] add up to row 0 times x, sums[8..15] to row 1 times x. */
export function dotHalfRows(row: usize, stride: usize, x: usize, columns: i32, sums: usize, stored: i32, k: usize): bool {
  if (stored == FLOAT16) return dotFloat16Rows(row, stride, x, columns, sums, k);
  dotBfloat16Rows(row, stride, x, columns, sums);
  return true;
}

function addFloat16Rows(to: usize, columns: i32, row: usize, stride: usize, x: usize, k: usize): bool {
  const past = to + (<usize>(columns >> 3) << 5);
  const x0 = v128.load32_splat(x);
  const x1 = v128.load32_splat(x, 4);
  let most = f32x4.splat(0);
  let most1 = f32x4.splat(0);
  for (; to < past; to += 32) {
    const codes0 = v128.load(row);
    const codes1 = v128.load(row + stride);
    const p0 = i32x4.extend_low_i16x8_s(codes0);
    const q0 = i32x4.extend_high_i16x8_s(codes0);
    const p1 = i32x4.extend_low_i16x8_s(codes1);
    const q1 = i32x4.extend_high_i16x8_s(codes1);
    const r0 = sizeOf(p0, k);
    const s0 = sizeOf(q0, k);
    const r1 = sizeOf(p1, k);
    const s1 = sizeOf(q1, k);
    most = f32x4.pmax(most, f32x4.pmax(r0, r1));
    most1 = f32x4.pmax(most1, f32x4.pmax(s0, s1));
    const a = madd(signed(r1, p1, k), x1, madd(signed(r0, p0, k), x0, v128.load(to)));
    const b = madd(signed(s1, q1, k), x1, madd(signed(s0, q0, k), x0, v128.load(to, 16)));
    v128.store(to, a);
    v128.store(to, b, 16);
    row += 16;
  }
  return finite(f32x4.pmax(most, most1), k);
}

function addBfloat16Rows(to: usize, columns: i32, row: usize, stride: usize, x: usize): void {
  const past = to + (<usize>(columns >> 3) << 5);
  const x0 = v128.load32_splat(x);
  const x1 = v128.load32_splat(x, 4);
  for (; to < past; to += 32) {
    const codes0 = v128.load(row);
    const codes1 = v128.load(row + stride);
    const p0 = widenBfloat16(i32x4.extend_low_i16x8_u(codes0));
    const q0 = widenBfloat16(i32x4.extend_high_i16x8_u(codes0));
    const p1 = widenBfloat16(i32x4.extend_low_i16x8_u(codes1));
    const q1 = widenBfloat16(i32x4.extend_high_i16x8_u(codes1));
    const a = madd(p1, x1, madd(p0, x0, v128.load(to)));
    const b = madd(q1, x1, madd(q0, x0, v128.load(to, 16)));
    v128.store(to, a);
    v128.store(to, b, 16);
    row += 16;
  }
}

function dotFloat16Rows(row: usize, stride: usize, x: usize, columns: i32, sums: usize, k: usize): bool {
  const past = x + (<usize>(columns >> 3) << 5);
  let a0 = f32x4.splat(0);
  let b0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let b1 = f32x4.splat(0);
  let most = f32x4.splat(0);
  let most1 = f32x4.splat(0);
  for (; x < past; x += 32) {
    const codes0 = v128.load(row);
    const codes1 = v128.load(row + stride);
    const p0 = i32x4.extend_low_i16x8_s(codes0);
    const q0 = i32x4.extend_high_i16x8_s(codes0);
    const p1 = i32x4.extend_low_i16x8_s(codes1);
    const q1 = i32x4.extend_high_i16x8_s(codes1);
    const r0 = sizeOf(p0, k);
    const s0 = sizeOf(q0, k);
    const r1 = sizeOf(p1, k);
    const s1 = sizeOf(q1, k);
    most = f32x4.pmax(most, f32x4.pmax(r0, r1));
    most1 = f32x4.pmax(most1, f32x4.pmax(s0, s1));
    const xa = v128.load(x);
    const xb = v128.load(x, 16);
    a0 = madd(signed(r0, p0, k), xa, a0);
    b0 = madd(signed(s0, q0, k), xb, b0);
    a1 = madd(signed(r1, p1, k), xa, a1);
    b1 = madd(signed(s1, q1, k), xb, b1);
    row += 16;
  }
  storeSums(sums, a0, b0, a1, b1);
  return finite(f32x4.pmax(most, most1), k);
}

function dotBfloat16Rows(row: usize, stride: usize, x: usize, columns: i32, sums: usize): void {
  const past = x + (<usize>(columns >> 3) << 5);
  let a0 = f32x4.splat(0);
  let b0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let b1 = f32x4.splat(0);
  for (; x < past; x += 32) {
    const codes0 = v128.load(row);
    const codes1 = v128.load(row + stride);
    const xa = v128.load(x);
    const xb = v128.load(x, 16);
    a0 = madd(widenBfloat16(i32x4.extend_low_i16x8_u(codes0)), xa, a0);
    b0 = madd(widenBfloat16(i32x4.extend_high_i16x8_u(codes0)), xb, b0);
    a1 = madd(widenBfloat16(i32x4.extend_low_i16x8_u(codes1)), xa, a1);
    b1 = madd(widenBfloat16(i32x4.extend_high_i16x8_u(codes1)), xb, b1);
    row += 16;
  }
  storeSums(sums, a0, b0, a1, b1);
}

/** Neighboring stores are where the wide tier begins to join. */
// @ts-ignore: decorator
@inline
function storeSums(to: usize, a0: v128, b0: v128, a1: v128, b1: v128): void {
  v128.store(to, a0);
  v128.store(to, b0, 16);
  v128.store(to, a1, 32);
  v128.store(to, b1, 48);
}
