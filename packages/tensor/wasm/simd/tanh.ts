import { exp } from './exp';
import { madd } from './madd';

/** The hyperbolic tangent, within 3 ulp. */
// @ts-ignore: decorator
@inline
export function tanh(x: v128): v128 {
  const a = f32x4.abs(x);
  const one = f32x4.splat(1);
  // 1 - 2 / (e^(2a) + 1); from 10 on that is 1.
  const within = f32x4.pmin(a, f32x4.splat(10));
  const far = f32x4.sub(one, f32x4.div(f32x4.splat(2), f32x4.add(one, exp(f32x4.add(within, within)))));
  const z = f32x4.mul(x, x);
  let p = madd(f32x4.splat(-0.0056973849422229694), z, f32x4.splat(0.0206325463950634));
  p = madd(p, z, f32x4.splat(-0.05373779684305191));
  p = madd(p, z, f32x4.splat(0.13331420719623566));
  p = madd(p, z, f32x4.splat(-0.3333328068256378));
  const near = madd(f32x4.mul(x, z), p, x);
  return v128.bitselect(near, withSign(far, x), f32x4.lt(a, f32x4.splat(0.625)));
}

/** A value >= 0 with the sign of x. */
// @ts-ignore: decorator
@inline
export function withSign(value: v128, x: v128): v128 {
  return v128.or(value, v128.and(x, i32x4.splat(0x80000000)));
}
