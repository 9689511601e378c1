/** Numbers of 16 bits: binary16 (float16), and bfloat16, the upper half of a float32. Codes are the low halves of 32-bit lanes. */
import { constant } from './constants';

/** Constants, as the vector functions' are, in a place of their own. */
export const HALF_CONSTANT_BYTES: usize = 32;
const REST: usize = 0; // all bits of a code but the sign
const SIGN: usize = 4;
const STEP: usize = 8; // an exponent's lowest bit, as a float32's
const TOP: usize = 12; // the greatest exponent less 1 in the last place
export const SHIFT: usize = 16; // what the exponents' biases differ by
export const LOW: usize = 20; // 2^-14
const INFINITE: usize = 24;
const QUIET: usize = 28;

export function writeHalfConstants(k: usize): void {
  store<i32>(k, 0x7fff, REST);
  store<i32>(k, 0x8000, SIGN);
  store<i32>(k, 1 << 23, STEP);
  store<i32>(k, (31 << 23) - 1, TOP);
  store<i32>(k, 112 << 23, SHIFT);
  store<i32>(k, 113 << 23, LOW);
  store<i32>(k, 0x7f800000, INFINITE);
  store<i32>(k, 0x400000, QUIET);
}

/** The values of float16 codes, exactly; a NaN is quiet and keeps its payload. */
// @ts-ignore: decorator
@inline
export function widenFloat16(code: v128, k: usize): v128 {
  const rest = i32x4.shl(v128.and(code, constant(k, REST)), 13);
  const normal = i32x4.add(rest, constant(k, SHIFT));
  // A subnormal one is what its bits are above the least normal one.
  const low = f32x4.sub(i32x4.add(normal, constant(k, STEP)), constant(k, LOW));
  const size = v128.bitselect(low, normal, i32x4.lt_s(rest, constant(k, STEP)));
  const infinite = v128.or(rest, constant(k, INFINITE));
  const top = v128.or(infinite, v128.and(i32x4.gt_s(infinite, constant(k, INFINITE)), constant(k, QUIET)));
  return v128.or(v128.bitselect(top, size, i32x4.gt_s(rest, constant(k, TOP))), i32x4.shl(v128.and(code, constant(k, SIGN)), 16));
}

/** The values of bfloat16 codes, exactly; a NaN is as it is. */
// @ts-ignore: decorator
@inline
export function widenBfloat16(code: v128): v128 {
  return i32x4.shl(code, 16);
}

/** The codes of the nearest float16 numbers, ties to the even one; beyond the greatest by half its last place and more: infinity. */
// @ts-ignore: decorator
@inline
export function narrowFloat16(x: v128): v128 {
  const size = v128.and(x, i32x4.splat(0x7fffffff));
  const odd = v128.and(i32x4.shr_u(size, 13), i32x4.splat(1));
  const normal = i32x4.shr_u(i32x4.add(i32x4.add(size, i32x4.splat(0xfff - (112 << 23))), odd), 13);
  // Added to 1/2, a small number has its last bit where a subnormal one has it.
  const half = f32x4.splat(0.5);
  const low = i32x4.sub(f32x4.add(size, half), half);
  const nan = v128.or(i32x4.splat(0x7e00), v128.and(i32x4.shr_u(size, 13), i32x4.splat(0x3ff)));
  const infinite = i32x4.splat(0x7c00);
  let code = v128.bitselect(low, normal, i32x4.lt_s(size, i32x4.splat(113 << 23)));
  code = v128.bitselect(infinite, code, i32x4.ge_s(size, i32x4.splat(143 << 23)));
  code = v128.bitselect(nan, code, i32x4.gt_s(size, i32x4.splat(0x7f800000)));
  return v128.or(code, v128.and(i32x4.shr_u(x, 16), i32x4.splat(0x8000)));
}

/** The codes of the nearest bfloat16 numbers, ties to the even one; a NaN is quiet and keeps the upper part of its payload. */
// @ts-ignore: decorator
@inline
export function narrowBfloat16(x: v128): v128 {
  const odd = v128.and(i32x4.shr_u(x, 16), i32x4.splat(1));
  const code = i32x4.shr_u(i32x4.add(i32x4.add(x, i32x4.splat(0x7fff)), odd), 16);
  const nan = v128.or(i32x4.shr_u(x, 16), i32x4.splat(0x40));
  return v128.bitselect(nan, code, i32x4.gt_s(v128.and(x, i32x4.splat(0x7fffffff)), i32x4.splat(0x7f800000)));
}
