import { ERF_MOST, ERF_NEAR, ERF_P, ERF_Q, ONE, constant } from './constants';
import { exp } from './exp';
import { madd } from './madd';
import { withSign } from './tanh';

/** The error function, within 3 ulp. `k`: see constants. */
// @ts-ignore: decorator
@inline
export function erf(x: v128, k: usize): v128 {
  const a = f32x4.abs(x);
  // 1 - e^-Q(a), Q a minimax polynomial for -log(1 - erf(a)) on [0.92, 3.95]; beyond, the result is 1.
  const t = f32x4.pmin(a, constant(k, ERF_MOST));
  let q = madd(constant(k, ERF_Q), t, constant(k, ERF_Q + 4));
  q = madd(q, t, constant(k, ERF_Q + 8));
  q = madd(q, t, constant(k, ERF_Q + 12));
  q = madd(q, t, constant(k, ERF_Q + 16));
  q = madd(q, t, constant(k, ERF_Q + 20));
  q = madd(q, t, constant(k, ERF_Q + 24));
  q = madd(q, t, constant(k, ERF_Q + 28));
  const far = f32x4.sub(constant(k, ONE), exp(f32x4.neg(q), k));
  const z = f32x4.mul(x, x);
  let p = madd(constant(k, ERF_P), z, constant(k, ERF_P + 4));
  p = madd(p, z, constant(k, ERF_P + 8));
  p = madd(p, z, constant(k, ERF_P + 12));
  p = madd(p, z, constant(k, ERF_P + 16));
  p = madd(p, z, constant(k, ERF_P + 20));
  p = madd(p, z, constant(k, ERF_P + 24));
  const near = madd(x, p, x);
  return v128.bitselect(near, withSign(far, x, k), f32x4.lt(a, constant(k, ERF_NEAR)));
}
