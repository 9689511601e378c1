/** Sixteen masks of 32 bits as sixteen bytes of 0 or 1. */
// @ts-ignore: decorator
@inline
export function packMasks(a: v128, b: v128, c: v128, d: v128): v128 {
  const low = i16x8.narrow_i32x4_s(a, b);
  const high = i16x8.narrow_i32x4_s(c, d);
  return v128.and(i8x16.narrow_i16x8_s(low, high), i8x16.splat(1));
}

/** Bytes 4·part to 4·part + 3 as 32-bit integers with sign. */
// @ts-ignore: decorator
@inline
export function widen(bytes: v128, part: i32): v128 {
  const half = part < 2 ? i16x8.extend_low_i8x16_s(bytes) : i16x8.extend_high_i8x16_s(bytes);
  return (part & 1) == 0 ? i32x4.extend_low_i16x8_s(half) : i32x4.extend_high_i16x8_s(half);
}

/** The sum of the four lanes, in pairs. */
// @ts-ignore: decorator
@inline
export function sumLanes(v: v128): f32 {
  const pairs = f32x4.add(v, i64x2.shuffle(v, v, 1, 0));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** The largest of the four lanes; NaN if one is. */
// @ts-ignore: decorator
@inline
export function maxLanes(v: v128): f32 {
  const pairs = f32x4.max(v, i64x2.shuffle(v, v, 1, 0));
  return max<f32>(f32x4.extract_lane(pairs, 0), f32x4.extract_lane(pairs, 1));
}
