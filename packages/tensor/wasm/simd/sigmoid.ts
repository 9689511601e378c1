import { ONE, constant } from './constants';
import { exp } from './exp';
import { log1p } from './log';

/** 1 / (1 + e^-x), within 3 ulp, also where the result is denormal. `k`: see constants. */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128, k: usize): v128 {
  const t = exp(f32x4.neg(f32x4.abs(x)), k);
  const one = constant(k, ONE);
  return f32x4.div(v128.bitselect(t, one, f32x4.lt(x, f32x4.splat(0))), f32x4.add(one, t));
}

/** log(1 + e^x), within 3 ulp. */
// @ts-ignore: decorator
@inline
export function softplus(x: v128, k: usize): v128 {
  return f32x4.add(f32x4.pmax(x, f32x4.splat(0)), log1p(exp(f32x4.neg(f32x4.abs(x)), k), k));
}
