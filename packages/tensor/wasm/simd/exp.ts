import { madd } from './madd';

/**
 * e^r - 1 for |r| <= ln(2) / 2: r + r²·q(r), q a minimax polynomial (relative error of the sum below 2^-31).
 */
// @ts-ignore: decorator
@inline
export function expm1Reduced(r: v128): v128 {
  let q = madd(f32x4.splat(0.0001979024382308125), r, f32x4.splat(0.0013944758102297783));
  q = madd(q, r, f32x4.splat(0.008333497680723667));
  q = madd(q, r, f32x4.splat(0.04166629537940025));
  q = madd(q, r, f32x4.splat(0.1666666567325592));
  q = madd(q, r, f32x4.splat(0.5));
  return madd(f32x4.mul(r, r), q, r);
}

/** Adding this rounds a small float to an integer, which then stands in the low bits. */
const ROUND: f32 = 12582912.0;
const ROUND_BITS: i32 = 0x4b400000;

/** The nearest integer n to x / ln(2), plus ROUND. */
// @ts-ignore: decorator
@inline
export function halvings(x: v128): v128 {
  return madd(x, f32x4.splat(1.44269504), f32x4.splat(ROUND));
}

/** x - n·ln(2), with ln(2) in two parts so that the first product is exact. */
// @ts-ignore: decorator
@inline
export function reduce(x: v128, rounded: v128): v128 {
  const n = f32x4.sub(rounded, f32x4.splat(ROUND));
  return madd(n, f32x4.splat(2.12194440e-4), madd(n, f32x4.splat(-0.693359375), x));
}

/** n of {@link halvings} as integers. */
// @ts-ignore: decorator
@inline
export function exponent(rounded: v128): v128 {
  return i32x4.sub(rounded, i32x4.splat(ROUND_BITS));
}

/** 2^n for -126 <= n <= 127. */
// @ts-ignore: decorator
@inline
export function powerOfTwo(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

/** e^x, within 2 ulp; 0 and infinity beyond the range, denormals within it, NaN stays NaN. */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  x = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-104)), f32x4.splat(89));
  const rounded = halvings(x);
  const y = f32x4.add(f32x4.splat(1), expm1Reduced(reduce(x, rounded)));
  // 2^n in two factors: n reaches from -150, for denormal results, to 128.
  const n = exponent(rounded);
  const half = i32x4.shr_s(n, 1);
  return f32x4.mul(f32x4.mul(y, powerOfTwo(half)), powerOfTwo(i32x4.sub(n, half)));
}

/** e^x - 1, within 3 ulp. */
// @ts-ignore: decorator
@inline
export function expm1(x: v128): v128 {
  const within = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-25)), f32x4.splat(89));
  const rounded = halvings(within);
  const e = expm1Reduced(reduce(within, rounded));
  // 2·(2^(n-1)·e + 2^(n-1) - 1/2): no factor overflows before the result does.
  const s = powerOfTwo(i32x4.sub(exponent(rounded), i32x4.splat(1)));
  const y = madd(s, e, f32x4.sub(s, f32x4.splat(0.5)));
  const tiny = f32x4.lt(f32x4.abs(x), f32x4.splat(5.9604645e-8));
  return v128.bitselect(x, f32x4.add(y, y), tiny);
}
