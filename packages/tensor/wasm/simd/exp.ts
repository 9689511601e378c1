import { BIAS, BIAS_LESS_ONE, EXP_LEAST, EXP_MOST, EXP_NORMAL, EXP_Q, EXPM1_LEAST, HALF, LN2_HIGH, LN2_LOW, LOG2_E, ONE, ROUND, TINY, constant } from './constants';
import { madd } from './madd';

/** e^r - 1 for |r| <= ln(2) / 2: r + r²·q(r), q a minimax polynomial (relative error of the sum below 2^-31). */
// @ts-ignore: decorator
@inline
function expm1Reduced(r: v128, k: usize): v128 {
  let q = madd(constant(k, EXP_Q), r, constant(k, EXP_Q + 4));
  q = madd(q, r, constant(k, EXP_Q + 8));
  q = madd(q, r, constant(k, EXP_Q + 12));
  q = madd(q, r, constant(k, EXP_Q + 16));
  q = madd(q, r, constant(k, HALF));
  return madd(f32x4.mul(r, r), q, r);
}

/** The nearest integer n to x / ln(2), plus ROUND, after which n stands in the low bits. */
// @ts-ignore: decorator
@inline
function halvings(x: v128, k: usize): v128 {
  return madd(x, constant(k, LOG2_E), constant(k, ROUND));
}

/** x - n·ln(2). */
// @ts-ignore: decorator
@inline
function reduce(x: v128, rounded: v128, k: usize): v128 {
  const n = f32x4.sub(constant(k, ROUND), rounded);
  return madd(n, constant(k, LN2_LOW), madd(n, constant(k, LN2_HIGH), x));
}

/** 2^n for -126 <= n <= 127. */
// @ts-ignore: decorator
@inline
function powerOfTwo(n: v128, k: usize): v128 {
  return i32x4.shl(i32x4.add(n, constant(k, BIAS)), 23);
}

/** e^x, within 2 ulp; 0 and infinity beyond the range, denormals within it, NaN stays NaN. `k`: see constants. */
// @ts-ignore: decorator
@inline
export function exp(x: v128, k: usize): v128 {
  x = f32x4.pmin(f32x4.pmax(x, constant(k, EXP_LEAST)), constant(k, EXP_MOST));
  const rounded = halvings(x, k);
  const y = f32x4.add(constant(k, ONE), expm1Reduced(reduce(x, rounded, k), k));
  // 2^n in two factors: n reaches from -150, for denormal results, to 128.
  const n = i32x4.sub(rounded, constant(k, ROUND));
  const half = i32x4.shr_s(n, 1);
  return f32x4.mul(f32x4.mul(y, powerOfTwo(half, k)), powerOfTwo(i32x4.sub(n, half), k));
}

/**
 * e^x for x <= 88, within 2 ulp, but 0 below e^-87, where e^x would soon be no normal number: one that isn't takes a core a
 * hundred times as long, and so does each that is too small for any, such as that of a hidden score.
 */
// @ts-ignore: decorator
@inline
export function expOrZero(x: v128, k: usize): v128 {
  const least = constant(k, EXP_NORMAL);
  const within = f32x4.pmax(x, least);
  const rounded = halvings(within, k);
  const y = f32x4.add(constant(k, ONE), expm1Reduced(reduce(within, rounded, k), k));
  return v128.andnot(f32x4.mul(y, powerOfTwo(i32x4.sub(rounded, constant(k, ROUND)), k)), f32x4.lt(x, least));
}

/** e^x - 1, within 3 ulp. */
// @ts-ignore: decorator
@inline
export function expm1(x: v128, k: usize): v128 {
  const within = f32x4.pmin(f32x4.pmax(x, constant(k, EXPM1_LEAST)), constant(k, EXP_MOST));
  const rounded = halvings(within, k);
  const e = expm1Reduced(reduce(within, rounded, k), k);
  // 2^n = 2·(1/2 of it), and so is the result: no factor overflows before the result does.
  const n = i32x4.sub(rounded, constant(k, ROUND));
  const s = i32x4.shl(i32x4.add(n, constant(k, BIAS_LESS_ONE)), 23);
  const y = madd(s, e, f32x4.sub(s, constant(k, HALF)));
  return v128.bitselect(x, f32x4.add(y, y), f32x4.lt(f32x4.abs(x), constant(k, TINY)));
}
