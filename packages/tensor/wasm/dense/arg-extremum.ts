/**
 * f32-argmax, f32-argmin: the first index of the largest (smallest) value over the middle axis of [outer, R, N].
 * A NaN is neither larger nor smaller than anything, so it is found only where it comes first.
 */

// Parameters, as words.
const X: usize = 0;
const TO: usize = 4;
const R: usize = 8;
const N: usize = 12;

/** Work items: outer. */
export function f32_argmax(p: usize, begin: i32, end: i32, scratch: usize): void {
  each(p, begin, end, true);
}
/** Work items: outer. */
export function f32_argmin(p: usize, begin: i32, end: i32, scratch: usize): void {
  each(p, begin, end, false);
}

// @ts-ignore: decorator
@inline
function each(p: usize, begin: i32, end: i32, largest: bool): void {
  const r = load<i32>(p, R);
  const n = load<i32>(p, N);
  let i = begin;
  if (n == 1 && r < FEW) {
    for (; i + 4 <= end; i += 4) v128.store(<usize>load<u32>(p, TO) + (<usize>i << 2), fourRows(<usize>load<u32>(p, X) + (<usize>(i * r) << 2), r, largest));
  }
  for (; i < end; i++) {
    const x = <usize>load<u32>(p, X) + (<usize>(i * r * n) << 2);
    const to = <usize>load<u32>(p, TO) + (<usize>(i * n) << 2);
    if (n == 1) store<i32>(to, alongRow(x, r, largest));
    else downColumns(x, to, r, n, largest);
  }
}

/** Rows shorter than this are taken four at a time. */
const FEW: i32 = 16;

// @ts-ignore: decorator
@inline
function fourRows(x: usize, r: i32, largest: bool): v128 {
  const stride = <usize>r << 2;
  const past = x + stride;
  let best = column(x, stride);
  let index = i32x4.splat(0);
  let here = index;
  for (x += 4; x < past; x += 4) {
    const v = column(x, stride);
    here = i32x4.add(here, i32x4.splat(1));
    const better = largest ? f32x4.gt(v, best) : f32x4.lt(v, best);
    best = v128.bitselect(v, best, better);
    index = v128.bitselect(here, index, better);
  }
  return index;
}

/** A value of each of four rows. */
// @ts-ignore: decorator
@inline
function column(x: usize, stride: usize): v128 {
  let v = v128.load32_zero(x);
  v = v128.load32_lane(x + stride, v, 1);
  v = v128.load32_lane(x + 2 * stride, v, 2);
  return v128.load32_lane(x + 3 * stride, v, 3);
}

// @ts-ignore: decorator
@inline
function alongRow(x: usize, r: i32, largest: bool): i32 {
  const first = v128.load32_splat(x);
  let a = first;
  let b = first;
  let i = 0;
  for (; i + 8 <= r; i += 8) {
    const v = v128.load(x + (<usize>i << 2));
    const w = v128.load(x + (<usize>i << 2), 16);
    a = largest ? f32x4.pmax(a, v) : f32x4.pmin(a, v);
    b = largest ? f32x4.pmax(b, w) : f32x4.pmin(b, w);
  }
  for (; i < r; i++) {
    const v = v128.load32_splat(x + (<usize>i << 2));
    a = largest ? f32x4.pmax(a, v) : f32x4.pmin(a, v);
  }
  a = largest ? f32x4.pmax(a, b) : f32x4.pmin(a, b);
  const c = i64x2.shuffle(a, a, 1, 0);
  a = largest ? f32x4.pmax(a, c) : f32x4.pmin(a, c);
  const d = i32x4.shuffle(a, a, 1, 0, 3, 2);
  a = largest ? f32x4.pmax(a, d) : f32x4.pmin(a, d);
  for (i = 0; i + 4 <= r; i += 4) {
    const found = i32x4.bitmask(f32x4.eq(v128.load(x + (<usize>i << 2)), a));
    if (found != 0) return i + ctz(found);
  }
  const value = f32x4.extract_lane(a, 0);
  for (; i < r; i++) if (load<f32>(x + (<usize>i << 2)) == value) return i;
  // Only if the first value is NaN does none equal the extremum.
  return 0;
}

// @ts-ignore: decorator
@inline
function downColumns(x: usize, to: usize, r: i32, n: i32, largest: bool): void {
  const stride = <usize>n << 2;
  const past = to + stride;
  for (; to + 16 <= past; to += 16) {
    let at = x;
    let best = v128.load(at);
    let index = i32x4.splat(0);
    for (let i = 1; i < r; i++) {
      at += stride;
      const v = v128.load(at);
      const better = largest ? f32x4.gt(v, best) : f32x4.lt(v, best);
      best = v128.bitselect(v, best, better);
      index = v128.bitselect(i32x4.splat(i), index, better);
    }
    v128.store(to, index);
    x += 16;
  }
  for (; to < past; to += 4) {
    let at = x;
    let best = load<f32>(at);
    let index = 0;
    for (let i = 1; i < r; i++) {
      at += stride;
      const v = load<f32>(at);
      if (largest ? v > best : v < best) {
        best = v;
        index = i;
      }
    }
    store<i32>(to, index);
    x += 4;
  }
}
