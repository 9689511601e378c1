import { ONE, SIGN, TANH_NEAR, TANH_P, TEN, TWO, constant } from './constants';
import { exp } from './exp';
import { madd } from './madd';

/** The hyperbolic tangent, within 3 ulp. `k`: see constants. */
// @ts-ignore: decorator
@inline
export function tanh(x: v128, k: usize): v128 {
  const a = f32x4.abs(x);
  const one = constant(k, ONE);
  // 1 - 2 / (e^(2a) + 1); from 10 on that is 1.
  const within = f32x4.pmin(a, constant(k, TEN));
  const far = f32x4.sub(one, f32x4.div(constant(k, TWO), f32x4.add(one, exp(f32x4.add(within, within), k))));
  const z = f32x4.mul(x, x);
  let p = madd(constant(k, TANH_P), z, constant(k, TANH_P + 4));
  p = madd(p, z, constant(k, TANH_P + 8));
  p = madd(p, z, constant(k, TANH_P + 12));
  p = madd(p, z, constant(k, TANH_P + 16));
  const near = madd(f32x4.mul(x, z), p, x);
  return v128.bitselect(near, withSign(far, x, k), f32x4.lt(a, constant(k, TANH_NEAR)));
}

/** A value >= 0 with the sign of x. */
// @ts-ignore: decorator
@inline
export function withSign(value: v128, x: v128, k: usize): v128 {
  return v128.or(value, v128.and(x, constant(k, SIGN)));
}
