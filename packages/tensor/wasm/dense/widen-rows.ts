/**
 * Rows of 16-bit codes as rows of float32, exactly: what products by a stored matrix read.
 *
 * Finite float16 codes take a short way; where another one turns up, all rows are done again.
 */
import { constant } from '../simd/constants';
import { madd } from '../simd/madd';
import { HALF_CONSTANT_BYTES, SHIFT, widenBfloat16, widenFloat16, writeHalfConstants } from '../simd/half';

/** What a matrix is stored as, where it isn't float32 (0) or bfloat16. */
export const FLOAT16: i32 = 1;

// Constants after half's.
const REST: usize = HALF_CONSTANT_BYTES;
const PAST: usize = HALF_CONSTANT_BYTES + 4;
const SIGN: usize = HALF_CONSTANT_BYTES + 8;
const TWICE: usize = HALF_CONSTANT_BYTES + 12;
const MINUS_LOW: usize = HALF_CONSTANT_BYTES + 16;
export const WIDEN_CONSTANT_BYTES: usize = HALF_CONSTANT_BYTES + 20;

export function writeWidenConstants(k: usize): void {
  writeHalfConstants(k);
  // A code's exponent and fraction where those of a float32 are, and what infinity would be if it were a number.
  store<i32>(k, 0x0fffffff, REST);
  store<f32>(k, 65536, PAST);
  store<i32>(k, 0x80000000, SIGN);
  store<f32>(k, 2, TWICE);
  store<f32>(k, -6.103515625e-5, MINUS_LOW);
}

/** Strides in bytes. */
export function widenRows(from: usize, stride: usize, rows: i32, count: i32, to: usize, toStride: usize, stored: i32, k: usize): void {
  if (stored == FLOAT16) {
    if (!widenNumbers(from, stride, rows, count, to, toStride, k)) widenExactly(from, stride, rows, count, to, toStride, k);
  } else {
    for (; rows > 0; rows--) {
      let x = from;
      let at = to;
      let left = count;
      for (; left >= 8; left -= 8) {
        const codes = v128.load(x);
        const a = widenBfloat16(i32x4.extend_low_i16x8_u(codes));
        const b = widenBfloat16(i32x4.extend_high_i16x8_u(codes));
        v128.store(at, a);
        v128.store(at, b, 16);
        x += 16;
        at += 32;
      }
      for (; left > 0; left--) {
        store<u32>(at, <u32>load<u16>(x) << 16);
        x += 2;
        at += 4;
      }
      from += stride;
      to += toStride;
    }
  }
}

/** A finite float16's size, from its code in 32-bit lanes; no number on the way is too small to be normal. */
// @ts-ignore: decorator
@inline
export function sizeOf(code: v128, k: usize): v128 {
  const size = i32x4.add(v128.and(i32x4.shl(code, 13), constant(k, REST)), constant(k, SHIFT));
  // Twice the size less 2^-14 is what a subnormal code means, and for others it is more.
  return f32x4.pmin(size, madd(size, constant(k, TWICE), constant(k, MINUS_LOW)));
}

/** The number of a size and its code, whose sign stands in all upper bits of the lanes. */
// @ts-ignore: decorator
@inline
export function signed(size: v128, code: v128, k: usize): v128 {
  return v128.or(size, v128.and(code, constant(k, SIGN)));
}

/** Whether these greatest sizes are of finite codes. */
// @ts-ignore: decorator
@inline
export function finite(most: v128, k: usize): bool {
  return !v128.any_true(f32x4.ge(most, constant(k, PAST)));
}

/** Returns whether all codes were finite. */
function widenNumbers(from: usize, stride: usize, rows: i32, count: i32, to: usize, toStride: usize, k: usize): bool {
  let most = f32x4.splat(0);
  let most1 = f32x4.splat(0);
  for (; rows > 0; rows--) {
    let x = from;
    let at = to;
    let left = count;
    for (; left >= 8; left -= 8) {
      const codes = v128.load(x);
      const code = i32x4.extend_low_i16x8_s(codes);
      const code1 = i32x4.extend_high_i16x8_s(codes);
      const size = sizeOf(code, k);
      const size1 = sizeOf(code1, k);
      most = f32x4.pmax(most, size);
      most1 = f32x4.pmax(most1, size1);
      // Both before either is stored: only so are they joined in the wide tier.
      const a = signed(size, code, k);
      const b = signed(size1, code1, k);
      v128.store(at, a);
      v128.store(at, b, 16);
      x += 16;
      at += 32;
    }
    if (left > 0) widenFew(x, left, at, k);
    from += stride;
    to += toStride;
  }
  return finite(f32x4.pmax(most, most1), k);
}

function widenExactly(from: usize, stride: usize, rows: i32, count: i32, to: usize, toStride: usize, k: usize): void {
  for (; rows > 0; rows--) {
    widenFew(from, count, to, k);
    from += stride;
    to += toStride;
  }
}

function widenFew(x: usize, count: i32, to: usize, k: usize): void {
  for (; count > 0; count--) {
    v128.store32_lane(to, widenFloat16(i32x4.splat(load<u16>(x)), k), 0);
    x += 2;
    to += 4;
  }
}
