/** max(x, 0); NaN stays NaN. */
// @ts-ignore: decorator
@inline
export function relu(x: v128): v128 {
  return f32x4.pmax(x, f32x4.splat(0));
}

/** min(max(x, 0), 6); NaN stays NaN. */
// @ts-ignore: decorator
@inline
export function relu6(x: v128): v128 {
  return f32x4.pmin(relu(x), f32x4.splat(6));
}

/** x where x >= 0, else slope * x. */
// @ts-ignore: decorator
@inline
export function leaky(x: v128, slope: f32): v128 {
  const negative = f32x4.lt(x, f32x4.splat(0));
  return v128.bitselect(f32x4.mul(x, f32x4.splat(slope)), x, negative);
}
