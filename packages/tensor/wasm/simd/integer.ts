/** The quotients of two of the integers, rounded down; a double tells every one from its neighbours. */
// @ts-ignore: decorator
@inline
function quotients(x: v128, y: v128): v128 {
  const quotient = f64x2.div(f64x2.convert_low_i32x4_s(x), f64x2.convert_low_i32x4_s(y));
  return i32x4.trunc_sat_f64x2_s_zero(f64x2.floor(quotient));
}

/** The largest integer of at most x / y; 0 where y is. */
// @ts-ignore: decorator
@inline
export function floorDivide(x: v128, y: v128): v128 {
  const high = quotients(i64x2.shuffle(x, x, 1, 0), i64x2.shuffle(y, y, 1, 0));
  const both = i64x2.shuffle(quotients(x, y), high, 0, 2);
  return v128.and(both, i32x4.ne(y, i32x4.splat(0)));
}

function powerOf(x: i32, y: i32): i32 {
  if (y < 0) return x == 1 ? 1 : x == -1 ? 1 - 2 * (y & 1) : 0;
  let result = 1;
  for (; y > 0; y >>= 1) {
    if (y & 1) result *= x;
    x *= x;
  }
  return result;
}

/** x to the power of y, modulo 2^32; towards zero where y is negative. */
export function power(x: v128, y: v128): v128 {
  const a = powerOf(i32x4.extract_lane(x, 0), i32x4.extract_lane(y, 0));
  const b = powerOf(i32x4.extract_lane(x, 1), i32x4.extract_lane(y, 1));
  const c = powerOf(i32x4.extract_lane(x, 2), i32x4.extract_lane(y, 2));
  const d = powerOf(i32x4.extract_lane(x, 3), i32x4.extract_lane(y, 3));
  return i32x4.replace_lane(i32x4.replace_lane(i32x4.replace_lane(i32x4.splat(a), 1, b), 2, c), 3, d);
}
