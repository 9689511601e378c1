/** From sums to 8 bits, by float32 or by gemmlowp's fixed point: the twins are in src/kernels/reference/quant/. */




/**
 * What {@link bytes} needs, at `to`: the ends as floats, a number that moves the whole part of one within 2^22 into its lowest bits, and what
 * is then too much. From memory, because the engine makes a vector constant anew, by three instructions, wherever it's used.
 */
export function limits(to: usize, zero: i32, least: i32, most: i32): void {
  store<f32>(to, <f32>(least - zero));
  store<f32>(to, <f32>(most - zero), 4);
  store<f32>(to, 12582912, 8);
  store<i32>(to, 0x4b400000 - zero, 12);
}

/** 16 floats to the nearest whole numbers, ties to even, plus the zero point, clamped. */
// @ts-ignore: decorator
@inline
export function bytes(y0: v128, y1: v128, y2: v128, y3: v128, limits: usize, unsigned: bool): v128 {
  const from = v128.load32_splat(limits);
  const until = v128.load32_splat(limits, 4);
  const shift = v128.load32_splat(limits, 8);
  const over = v128.load32_splat(limits, 12);
  const low = i16x8.narrow_i32x4_s(whole(y0, from, until, shift, over), whole(y1, from, until, shift, over));
  const high = i16x8.narrow_i32x4_s(whole(y2, from, until, shift, over), whole(y3, from, until, shift, over));
  return unsigned ? i8x16.narrow_i16x8_u(low, high) : i8x16.narrow_i16x8_s(low, high);
}

// @ts-ignore: decorator
@inline
function whole(y: v128, from: v128, until: v128, shift: v128, over: v128): v128 {
  return i32x4.sub(f32x4.add(f32x4.pmin(f32x4.pmax(y, from), until), shift), over);
}

/** 16 sums by 16 float factors. */
export function round(sums: usize, factors: usize, to: usize, limits: usize, unsigned: bool): void {
  const y0 = f32x4.mul(f32x4.convert_i32x4_s(v128.load(sums)), v128.load(factors));
  const y1 = f32x4.mul(f32x4.convert_i32x4_s(v128.load(sums, 16)), v128.load(factors, 16));
  const y2 = f32x4.mul(f32x4.convert_i32x4_s(v128.load(sums, 32)), v128.load(factors, 32));
  const y3 = f32x4.mul(f32x4.convert_i32x4_s(v128.load(sums, 48)), v128.load(factors, 48));
  v128.store(to, bytes(y0, y1, y2, y3, limits, unsigned));
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
  limits: usize,
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
    const y0 = f32x4.mul(f32x4.convert_i32x4_s(i32x4.add(v128.load(sums), t0)), f0);
    const y1 = f32x4.mul(f32x4.convert_i32x4_s(i32x4.add(v128.load(sums, 16), t1)), f1);
    const y2 = f32x4.mul(f32x4.convert_i32x4_s(i32x4.add(v128.load(sums, 32), t2)), f2);
    const y3 = f32x4.mul(f32x4.convert_i32x4_s(i32x4.add(v128.load(sums, 48), t3)), f3);
    v128.store(to, bytes(y0, y1, y2, y3, limits, unsigned));
    sums += from;
    to += stride;
  }
}

/** What {@link roundTwice} needs of 16 units, from pairs of multiplier and shift, those of units past `there` 0; whether it can take them. */
export function twiceTerms(pairs: usize, there: i32, to: usize): bool {
  let fits = true;
  for (let j = 0; j < 16; j++) {
    const pair = pairs + (<usize>j << 3);
    const at = to + (<usize>j << 2);
    const shift = j < there ? load<i32>(pair, 4) : 0;
    const down = max(-shift, 0);
    fits = fits && down < 31;
    store<i32>(at, j < there ? load<i32>(pair) : 0);
    store<i32>(at, 1 << max(shift, 0), 64);
    store<i32>(at, (1 << 30) >> down, 128);
    store<i32>(at, down > 0 ? 1 << 29 : 0, 192);
  }
  return fits;
}

/** 16 sums by multipliers and shifts, rounded twice as gemmlowp does: to 31 places with ties up, then to the unit with ties away from 0. */
export function roundTwice(sums: usize, terms: usize, to: usize, zero: i32, least: i32, most: i32): void {
  const zeros = i32x4.splat(zero);
  const from = i32x4.splat(least - zero);
  const until = i32x4.splat(most - zero);
  for (let j: usize = 0; j < 64; j += 16) {
    const x = i32x4.mul(v128.load(sums + j), v128.load(terms + j, 64));
    const multiplier = v128.load(terms + j);
    const nudge = i64x2.splat(1 << 30);
    const low = i64x2.shr_u(i64x2.add(i64x2.extmul_low_i32x4_s(x, multiplier), nudge), 31);
    const high = i64x2.shr_u(i64x2.add(i64x2.extmul_high_i32x4_s(x, multiplier), nudge), 31);
    // Of what was shifted only the lower halves count.
    const y = i32x4.shuffle(low, high, 0, 2, 4, 6);
    const power = v128.load(terms + j, 128);
    const half = v128.load(terms + j, 192);
    // Below 0 a tie's half is one less.
    const least1 = v128.and(v128.and(i32x4.shr_s(y, 31), power), i32x4.ne(half, i32x4.splat(0)));
    const add = i32x4.sub(half, least1);
    const a = i64x2.shr_u(i64x2.add(i64x2.extmul_low_i32x4_s(y, power), i64x2.extend_low_i32x4_s(add)), 30);
    const b = i64x2.shr_u(i64x2.add(i64x2.extmul_high_i32x4_s(y, power), i64x2.extend_high_i32x4_s(add)), 30);
    const z = i32x4.min_s(i32x4.max_s(i32x4.shuffle(a, b, 0, 2, 4, 6), from), until);
    const q = i32x4.add(z, zeros);
    v128.store32_lane(to, i8x16.shuffle(q, q, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12), 0);
    to += 4;
  }
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
