import { madd } from './madd';

/** The natural logarithm, within 2 ulp; -infinity at ±0, NaN below, denormals included. */
// @ts-ignore: decorator
@inline
export function log(x: v128): v128 {
  const denormal = f32x4.lt(x, f32x4.splat(1.17549435e-38));
  const scaled = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608)), x, denormal);
  // x = 2^k·(1 + f) with sqrt(1/2) <= 1 + f < sqrt(2).
  const k = i32x4.shr_s(i32x4.sub(scaled, i32x4.splat(0x3f3504f3)), 23);
  const f = f32x4.sub(i32x4.sub(scaled, i32x4.shl(k, 23)), f32x4.splat(1));
  const e = f32x4.sub(f32x4.convert_i32x4_s(k), v128.and(denormal, f32x4.splat(23)));
  // log(1 + f) = f - f²/2 + f³·q(f), q a minimax polynomial.
  let q = madd(f32x4.splat(0.06746651232242584), f, f32x4.splat(-0.11675655096769333));
  q = madd(q, f, f32x4.splat(0.11888159066438675));
  q = madd(q, f, f32x4.splat(-0.1240558847784996));
  q = madd(q, f, f32x4.splat(0.14219552278518677));
  q = madd(q, f, f32x4.splat(-0.1666799634695053));
  q = madd(q, f, f32x4.splat(0.2000211924314499));
  q = madd(q, f, f32x4.splat(-0.25000008940696716));
  q = madd(q, f, f32x4.splat(0.3333331346511841));
  const square = f32x4.mul(f, f);
  let y = f32x4.mul(f32x4.mul(f, square), q);
  y = madd(e, f32x4.splat(-2.12194440e-4), y);
  y = madd(square, f32x4.splat(-0.5), y);
  y = madd(e, f32x4.splat(0.693359375), f32x4.add(f, y));
  y = v128.bitselect(y, x, f32x4.lt(x, f32x4.splat(f32.POSITIVE_INFINITY)));
  y = v128.bitselect(f32x4.splat(f32.NaN), y, f32x4.lt(x, f32x4.splat(0)));
  return v128.bitselect(f32x4.splat(f32.NEGATIVE_INFINITY), y, f32x4.eq(x, f32x4.splat(0)));
}

/** log(1 + x), within 3 ulp. */
// @ts-ignore: decorator
@inline
export function log1p(x: v128): v128 {
  const u = f32x4.add(f32x4.splat(1), x);
  const y = log(u);
  // What the addition lost, to first order.
  const lost = f32x4.div(f32x4.sub(x, f32x4.sub(u, f32x4.splat(1))), u);
  const exact = v128.or(f32x4.eq(u, f32x4.splat(0)), f32x4.eq(u, f32x4.splat(f32.POSITIVE_INFINITY)));
  const tiny = f32x4.lt(f32x4.abs(x), f32x4.splat(5.9604645e-8));
  return v128.bitselect(x, v128.bitselect(y, f32x4.add(y, lost), exact), tiny);
}
