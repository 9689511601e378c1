/** From sums to 8 bits, by float32 or by gemmlowp's fixed point: the twins are in src/kernels/reference/quant/. */

/**
 * 16 sums by 16 float factors. To the nearest, ties to even: a number within 2^22 plus 1.5·2^23 has its whole part in the lowest bits.
 */
export function round(sums: usize, factors: usize, to: usize, zero: i32, least: i32, most: i32, unsigned: bool): void {
  const y0 = near(sums, factors);
  const y1 = near(sums + 16, factors + 16);
  const y2 = near(sums + 32, factors + 32);
  const y3 = near(sums + 48, factors + 48);
  v128.store(to, saturate(y0, y1, y2, y3, zero, least, most, unsigned));
}

/**
 * The same of a tile's rows, `from` bytes apart, plus 16 terms: what they have in common is loaded once. Rows of the output are `stride` bytes
 * apart and 16 bytes wide.
 */
export function roundRows(
  sums: usize,
  from: usize,
  height: i32,
  terms: usize,
  factors: usize,
  to: usize,
  stride: usize,
  zero: i32,
  least: i32,
  most: i32,
  unsigned: bool,
): void {
  const t0 = v128.load(terms);
  const t1 = v128.load(terms, 16);
  const t2 = v128.load(terms, 32);
  const t3 = v128.load(terms, 48);
  const f0 = v128.load(factors);
  const f1 = v128.load(factors, 16);
  const f2 = v128.load(factors, 32);
  const f3 = v128.load(factors, 48);
  for (let i = 0; i < height; i++) {
    const y0 = nearest32(f32x4.mul(f32x4.convert_i32x4_s(i32x4.add(v128.load(sums), t0)), f0));
    const y1 = nearest32(f32x4.mul(f32x4.convert_i32x4_s(i32x4.add(v128.load(sums, 16), t1)), f1));
    const y2 = nearest32(f32x4.mul(f32x4.convert_i32x4_s(i32x4.add(v128.load(sums, 32), t2)), f2));
    const y3 = nearest32(f32x4.mul(f32x4.convert_i32x4_s(i32x4.add(v128.load(sums, 48), t3)), f3));
    v128.store(to, saturate(y0, y1, y2, y3, zero, least, most, unsigned));
    sums += from;
    to += stride;
  }
}

// @ts-ignore: decorator
@inline
function near(sums: usize, factors: usize): v128 {
  return nearest32(f32x4.mul(f32x4.convert_i32x4_s(v128.load(sums)), v128.load(factors)));
}

/** Floats to whole numbers, those beyond 2^22 to its size. */
// @ts-ignore: decorator
@inline
export function nearest32(y: v128): v128 {
  const clamped = f32x4.pmax(f32x4.pmin(y, f32x4.splat(4194303)), f32x4.splat(-4194303));
  return i32x4.sub(f32x4.add(clamped, f32x4.splat(12582912)), i32x4.splat(0x4b400000));
}

/** 16 whole numbers plus the zero point, as bytes from `least` to `most`. */
// @ts-ignore: decorator
@inline
export function saturate(y0: v128, y1: v128, y2: v128, y3: v128, zero: i32, least: i32, most: i32, unsigned: bool): v128 {
  const zeros = i16x8.splat(<i16>zero);
  const from = i16x8.splat(<i16>least);
  const until = i16x8.splat(<i16>most);
  const low = i16x8.add_sat_s(i16x8.narrow_i32x4_s(y0, y1), zeros);
  const high = i16x8.add_sat_s(i16x8.narrow_i32x4_s(y2, y3), zeros);
  const a = i16x8.min_s(i16x8.max_s(low, from), until);
  const b = i16x8.min_s(i16x8.max_s(high, from), until);
  return unsigned ? i8x16.narrow_i16x8_u(a, b) : i8x16.narrow_i16x8_s(a, b);
}

/** Sums by multipliers and shifts, rounded twice or once. */
export function fixedPoint(sums: usize, multipliers: usize, width: i32, to: usize, once: bool, zero: i32, least: i32, most: i32): void {
  for (let j = 0; j < width; j++) {
    const x = load<i32>(sums + (<usize>j << 2));
    const multiplier = load<i32>(multipliers + (<usize>j << 3));
    const shift = load<i32>(multipliers + (<usize>j << 3), 4);
    let y: i32;
    if (once) {
      const places = 31 - shift;
      y = <i32>((<i64>x * <i64>multiplier + (<i64>1 << (places - 1))) >> places);
    } else {
      const shifted = x << max(shift, 0);
      const high = <i32>((<i64>shifted * <i64>multiplier + (1 << 30)) >> 31);
      const down = max(-shift, 0);
      const mask = down == 0 ? 0 : <i32>((<i64>1 << down) - 1);
      y = (high >> down) + i32((high & mask) > (mask >> 1) + i32(high < 0));
    }
    const z = max(min(<i64>y + <i64>zero, <i64>most), <i64>least);
    store<u8>(to + j, <u8>z);
  }
}
