/** Products of rows with a vector, and sums of rows, each times a factor: what f32-gemv is made of. */
import { madd } from '../simd/madd';

/** Four rows times x. */
export function dotRows(row: usize, stride: usize, x: usize, n: i32, to: usize): void {
  const r0 = row;
  const r1 = row + stride;
  const r2 = row + stride * 2;
  const r3 = row + stride * 3;
  let s0a = f32x4.splat(0);
  let s0b = f32x4.splat(0);
  let s1a = f32x4.splat(0);
  let s1b = f32x4.splat(0);
  let s2a = f32x4.splat(0);
  let s2b = f32x4.splat(0);
  let s3a = f32x4.splat(0);
  let s3b = f32x4.splat(0);
  const bytes = <usize>n << 2;
  let j: usize = 0;
  for (; j + 32 <= bytes; j += 32) {
    const xa = v128.load(x + j);
    const xb = v128.load(x + j, 16);
    s0a = madd(v128.load(r0 + j), xa, s0a);
    s0b = madd(v128.load(r0 + j, 16), xb, s0b);
    s1a = madd(v128.load(r1 + j), xa, s1a);
    s1b = madd(v128.load(r1 + j, 16), xb, s1b);
    s2a = madd(v128.load(r2 + j), xa, s2a);
    s2b = madd(v128.load(r2 + j, 16), xb, s2b);
    s3a = madd(v128.load(r3 + j), xa, s3a);
    s3b = madd(v128.load(r3 + j, 16), xb, s3b);
  }
  let t0 = total(f32x4.add(s0a, s0b));
  let t1 = total(f32x4.add(s1a, s1b));
  let t2 = total(f32x4.add(s2a, s2b));
  let t3 = total(f32x4.add(s3a, s3b));
  for (; j < bytes; j += 4) {
    const value = load<f32>(x + j);
    t0 += load<f32>(r0 + j) * value;
    t1 += load<f32>(r1 + j) * value;
    t2 += load<f32>(r2 + j) * value;
    t3 += load<f32>(r3 + j) * value;
  }
  store<f32>(to, t0, 0);
  store<f32>(to, t1, 4);
  store<f32>(to, t2, 8);
  store<f32>(to, t3, 12);
}

// @ts-ignore: decorator
@inline
export function total(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}

export function dot(a: usize, b: usize, n: i32): f32 {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  let s4 = f32x4.splat(0);
  let s5 = f32x4.splat(0);
  let s6 = f32x4.splat(0);
  let s7 = f32x4.splat(0);
  let j = 0;
  for (; j + 32 <= n; j += 32) {
    s0 = madd(v128.load(a), v128.load(b), s0);
    s1 = madd(v128.load(a, 16), v128.load(b, 16), s1);
    s2 = madd(v128.load(a, 32), v128.load(b, 32), s2);
    s3 = madd(v128.load(a, 48), v128.load(b, 48), s3);
    s4 = madd(v128.load(a, 64), v128.load(b, 64), s4);
    s5 = madd(v128.load(a, 80), v128.load(b, 80), s5);
    s6 = madd(v128.load(a, 96), v128.load(b, 96), s6);
    s7 = madd(v128.load(a, 112), v128.load(b, 112), s7);
    a += 128;
    b += 128;
  }
  for (; j + 4 <= n; j += 4) {
    s0 = madd(v128.load(a), v128.load(b), s0);
    a += 16;
    b += 16;
  }
  s0 = f32x4.add(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)), f32x4.add(f32x4.add(s4, s5), f32x4.add(s6, s7)));
  let sum = total(s0);
  for (; j < n; j++) {
    sum += load<f32>(a) * load<f32>(b);
    a += 4;
    b += 4;
  }
  return sum;
}

/** Adds four rows, each times its factor. */
export function addRows(to: usize, bytes: usize, w: usize, stride: usize, x: usize): void {
  const x0 = v128.load32_splat(x);
  const x1 = v128.load32_splat(x, 4);
  const x2 = v128.load32_splat(x, 8);
  const x3 = v128.load32_splat(x, 12);
  const w1 = w + stride;
  const w2 = w1 + stride;
  const w3 = w2 + stride;
  let j: usize = 0;
  for (; j + 32 <= bytes; j += 32) {
    let y0 = v128.load(to + j);
    let y1 = v128.load(to + j, 16);
    y0 = madd(v128.load(w + j), x0, y0);
    y1 = madd(v128.load(w + j, 16), x0, y1);
    y0 = madd(v128.load(w1 + j), x1, y0);
    y1 = madd(v128.load(w1 + j, 16), x1, y1);
    y0 = madd(v128.load(w2 + j), x2, y0);
    y1 = madd(v128.load(w2 + j, 16), x2, y1);
    y0 = madd(v128.load(w3 + j), x3, y0);
    y1 = madd(v128.load(w3 + j, 16), x3, y1);
    v128.store(to + j, y0);
    v128.store(to + j, y1, 16);
  }
  for (; j < bytes; j += 4) {
    let y = load<f32>(to + j);
    y += load<f32>(w + j) * load<f32>(x);
    y += load<f32>(w1 + j) * load<f32>(x, 4);
    y += load<f32>(w2 + j) * load<f32>(x, 8);
    y += load<f32>(w3 + j) * load<f32>(x, 12);
    store<f32>(to + j, y);
  }
}

export function addRow(to: usize, bytes: usize, w: usize, x: f32): void {
  const factor = f32x4.splat(x);
  let j: usize = 0;
  for (; j + 16 <= bytes; j += 16) v128.store(to + j, madd(v128.load(w + j), factor, v128.load(to + j)));
  for (; j < bytes; j += 4) store<f32>(to + j, load<f32>(to + j) + load<f32>(w + j) * x);
}
