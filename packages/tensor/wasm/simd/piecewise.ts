import { ONE, SELU_SCALE, SELU_SCALE_ALPHA, constant } from './constants';
import { expm1 } from './exp';

/** x where x >= 0, else e^x - 1. `k`: see constants. */
// @ts-ignore: decorator
@inline
export function elu(x: v128, k: usize): v128 {
  return v128.bitselect(x, expm1(x, k), f32x4.ge(x, f32x4.splat(0)));
}

/** scale·x where x >= 0, else scale·alpha·(e^x - 1), with the constants that keep mean and variance. */
// @ts-ignore: decorator
@inline
export function selu(x: v128, k: usize): v128 {
  const scale = v128.bitselect(constant(k, SELU_SCALE), constant(k, SELU_SCALE_ALPHA), f32x4.ge(x, f32x4.splat(0)));
  return f32x4.mul(scale, elu(x, k));
}

/** -1, 0 or 1; 0 for NaN. */
// @ts-ignore: decorator
@inline
export function sign(x: v128, k: usize): v128 {
  const one = constant(k, ONE);
  const zero = f32x4.splat(0);
  return f32x4.sub(v128.and(f32x4.gt(x, zero), one), v128.and(f32x4.lt(x, zero), one));
}

/** 1 where x > 0, else slope; NaN stays NaN. */
// @ts-ignore: decorator
@inline
export function step(x: v128, slope: v128, k: usize): v128 {
  const y = v128.bitselect(constant(k, ONE), slope, f32x4.gt(x, f32x4.splat(0)));
  return v128.bitselect(y, x, f32x4.eq(x, x));
}

/** x where x >= 0, else slope·x. */
// @ts-ignore: decorator
@inline
export function prelu(x: v128, slope: v128): v128 {
  return v128.bitselect(f32x4.mul(x, slope), x, f32x4.lt(x, f32x4.splat(0)));
}

/** min(max(x, low), high); NaN stays NaN. */
// @ts-ignore: decorator
@inline
export function clip(x: v128, low: v128, high: v128): v128 {
  return f32x4.pmin(f32x4.pmax(x, low), high);
}
