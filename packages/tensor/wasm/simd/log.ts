import { INFINITE, LN2_HIGH, LN2_LOW, LOG_Q, MINUS_HALF, NOT_A_NUMBER, ONE, ROOT_HALF, SMALLEST_NORMAL, TINY, TWENTY_THREE, TWO_TO_23, constant } from './constants';
import { madd } from './madd';

/** The natural logarithm, within 2 ulp; -infinity at ±0, NaN below, denormals included. `k`: see constants. */
// @ts-ignore: decorator
@inline
export function log(x: v128, k: usize): v128 {
  const zero = f32x4.splat(0);
  const denormal = f32x4.lt(x, constant(k, SMALLEST_NORMAL));
  const scaled = v128.bitselect(f32x4.mul(x, constant(k, TWO_TO_23)), x, denormal);
  // x = 2^n·(1 + f) with sqrt(1/2) <= 1 + f < sqrt(2).
  const n = i32x4.shr_s(i32x4.sub(scaled, constant(k, ROOT_HALF)), 23);
  const f = f32x4.sub(i32x4.sub(scaled, i32x4.shl(n, 23)), constant(k, ONE));
  const e = f32x4.sub(f32x4.convert_i32x4_s(n), v128.and(denormal, constant(k, TWENTY_THREE)));
  // log(1 + f) = f - f²/2 + f³·q(f), q a minimax polynomial.
  let q = madd(constant(k, LOG_Q), f, constant(k, LOG_Q + 4));
  q = madd(q, f, constant(k, LOG_Q + 8));
  q = madd(q, f, constant(k, LOG_Q + 12));
  q = madd(q, f, constant(k, LOG_Q + 16));
  q = madd(q, f, constant(k, LOG_Q + 20));
  q = madd(q, f, constant(k, LOG_Q + 24));
  q = madd(q, f, constant(k, LOG_Q + 28));
  q = madd(q, f, constant(k, LOG_Q + 32));
  const square = f32x4.mul(f, f);
  let y = f32x4.mul(f32x4.mul(f, square), q);
  y = madd(e, constant(k, LN2_LOW), y);
  y = madd(square, constant(k, MINUS_HALF), y);
  y = madd(e, constant(k, LN2_HIGH), f32x4.add(f, y));
  y = v128.bitselect(y, x, f32x4.lt(x, constant(k, INFINITE)));
  y = v128.bitselect(constant(k, NOT_A_NUMBER), y, f32x4.lt(x, zero));
  return v128.bitselect(f32x4.sub(zero, constant(k, INFINITE)), y, f32x4.eq(x, zero));
}

/** log(1 + x), within 3 ulp. */
// @ts-ignore: decorator
@inline
export function log1p(x: v128, k: usize): v128 {
  const u = f32x4.add(constant(k, ONE), x);
  const y = log(u, k);
  // What the addition lost, to first order.
  const lost = f32x4.div(f32x4.sub(x, f32x4.sub(u, constant(k, ONE))), u);
  const exact = v128.or(f32x4.eq(u, f32x4.splat(0)), f32x4.eq(u, constant(k, INFINITE)));
  const tiny = f32x4.lt(f32x4.abs(x), constant(k, TINY));
  return v128.bitselect(x, v128.bitselect(y, f32x4.add(y, lost), exact), tiny);
}
