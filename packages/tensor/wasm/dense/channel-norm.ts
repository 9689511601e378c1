/**
 * f32-channel-norm: what group and batch normalization are made of. Images are [images, rows, C]; work items are parts of
 * PART rows of an image; factors are of each image and channel.
 */
import { madd } from '../simd/madd';

// Parameters, as words.
const X: usize = 0;
const TO: usize = 4;
/** Rows of an image, of a part, and parts of an image. */
const ROWS: usize = 8;
const PART: usize = 12;
const PARTS: usize = 16;
const C: usize = 20;
/** Vectors of C values for each image. */
const FACTORS: usize = 24;
const DY: usize = 28;
/** Sums of each part, [images · parts, 2, C]. */
const SUMS: usize = 32;

// @ts-ignore: decorator
@inline
function first(p: usize, item: i32): i32 {
  const parts = load<i32>(p, PARTS);
  const image = item / parts;
  return image * load<i32>(p, ROWS) + (item - image * parts) * load<i32>(p, PART);
}
// @ts-ignore: decorator
@inline
function length(p: usize, item: i32): i32 {
  const part = load<i32>(p, PART);
  return min(part, load<i32>(p, ROWS) - (item % load<i32>(p, PARTS)) * part);
}
// @ts-ignore: decorator
@inline
function factors(p: usize, item: i32, vectors: i32): usize {
  return <usize>load<u32>(p, FACTORS) + (<usize>((item / load<i32>(p, PARTS)) * vectors * load<i32>(p, C)) << 2);
}

/** The sum of each channel of a part, and that of the squares of the distances from its mean. */
export function f32_channel_moments(p: usize, begin: i32, end: i32, scratch: usize): void {
  const bytes = load<usize>(p, C) << 2;
  for (let item = begin; item < end; item++) {
    const x = <usize>load<u32>(p, X) + <usize>first(p, item) * bytes;
    const rows = length(p, item);
    const past = x + <usize>rows * bytes;
    const sums = <usize>load<u32>(p, SUMS) + <usize>item * 2 * bytes;
    const squares = sums + bytes;
    const share = f32x4.splat(1 / <f32>rows);
    let c: usize = 0;
    for (; c + 32 <= bytes; c += 32) {
      let a = f32x4.splat(0);
      let b = f32x4.splat(0);
      for (let at = x + c; at < past; at += bytes) {
        a = f32x4.add(a, v128.load(at));
        b = f32x4.add(b, v128.load(at, 16));
      }
      v128.store(sums + c, a);
      v128.store(sums + c, b, 16);
      a = f32x4.mul(a, share);
      b = f32x4.mul(b, share);
      let s = f32x4.splat(0);
      let t = f32x4.splat(0);
      for (let at = x + c; at < past; at += bytes) {
        const u = f32x4.sub(v128.load(at), a);
        const v = f32x4.sub(v128.load(at, 16), b);
        s = madd(u, u, s);
        t = madd(v, v, t);
      }
      v128.store(squares + c, s);
      v128.store(squares + c, t, 16);
    }
    for (; c < bytes; c += 4) {
      let a: f32 = 0;
      for (let at = x + c; at < past; at += bytes) a += load<f32>(at);
      store<f32>(sums + c, a);
      a *= 1 / <f32>rows;
      let s: f32 = 0;
      for (let at = x + c; at < past; at += bytes) {
        const u = load<f32>(at) - a;
        s += u * u;
      }
      store<f32>(squares + c, s);
    }
  }
}

/** to = (x - f0)·f1 + f2. */
export function f32_channel_affine(p: usize, begin: i32, end: i32, scratch: usize): void {
  const bytes = load<usize>(p, C) << 2;
  for (let item = begin; item < end; item++) {
    const offset = <usize>first(p, item) * bytes;
    let x = <usize>load<u32>(p, X) + offset;
    let to = <usize>load<u32>(p, TO) + offset;
    const past = x + <usize>length(p, item) * bytes;
    const f0 = factors(p, item, 3);
    const f1 = f0 + bytes;
    const f2 = f1 + bytes;
    for (; x < past; x += bytes) {
      let c: usize = 0;
      for (; c + 32 <= bytes; c += 32) {
        const a = f32x4.sub(v128.load(x + c), v128.load(f0 + c));
        const b = f32x4.sub(v128.load(x + c, 16), v128.load(f0 + c, 16));
        v128.store(to + c, madd(a, v128.load(f1 + c), v128.load(f2 + c)));
        v128.store(to + c, madd(b, v128.load(f1 + c, 16), v128.load(f2 + c, 16)), 16);
      }
      for (; c < bytes; c += 4) store<f32>(to + c, (load<f32>(x + c) - load<f32>(f0 + c)) * load<f32>(f1 + c) + load<f32>(f2 + c));
      to += bytes;
    }
  }
}

/** The sums of dy and of dy·(x - f0) of each channel of a part. */
export function f32_channel_gradient_sums(p: usize, begin: i32, end: i32, scratch: usize): void {
  const bytes = load<usize>(p, C) << 2;
  for (let item = begin; item < end; item++) {
    const offset = <usize>first(p, item) * bytes;
    const x = <usize>load<u32>(p, X) + offset;
    const past = x + <usize>length(p, item) * bytes;
    const toDy = <usize>load<u32>(p, DY) + offset - x;
    const f0 = factors(p, item, 4);
    const sums = <usize>load<u32>(p, SUMS) + <usize>item * 2 * bytes;
    const products = sums + bytes;
    let c: usize = 0;
    for (; c + 32 <= bytes; c += 32) {
      const m = v128.load(f0 + c);
      const n = v128.load(f0 + c, 16);
      let a = f32x4.splat(0);
      let b = f32x4.splat(0);
      let s = f32x4.splat(0);
      let t = f32x4.splat(0);
      for (let at = x + c; at < past; at += bytes) {
        const d = v128.load(at + toDy);
        const e = v128.load(at + toDy, 16);
        a = f32x4.add(a, d);
        b = f32x4.add(b, e);
        s = madd(d, f32x4.sub(v128.load(at), m), s);
        t = madd(e, f32x4.sub(v128.load(at, 16), n), t);
      }
      v128.store(sums + c, a);
      v128.store(sums + c, b, 16);
      v128.store(products + c, s);
      v128.store(products + c, t, 16);
    }
    for (; c < bytes; c += 4) {
      const m = load<f32>(f0 + c);
      let a: f32 = 0;
      let s: f32 = 0;
      for (let at = x + c; at < past; at += bytes) {
        const d = load<f32>(at + toDy);
        a += d;
        s += d * (load<f32>(at) - m);
      }
      store<f32>(sums + c, a);
      store<f32>(products + c, s);
    }
  }
}

/** to = dy·f1 + (x - f0)·f2 + f3. */
export function f32_channel_gradient(p: usize, begin: i32, end: i32, scratch: usize): void {
  const bytes = load<usize>(p, C) << 2;
  for (let item = begin; item < end; item++) {
    const offset = <usize>first(p, item) * bytes;
    let x = <usize>load<u32>(p, X) + offset;
    let dy = <usize>load<u32>(p, DY) + offset;
    let to = <usize>load<u32>(p, TO) + offset;
    const past = x + <usize>length(p, item) * bytes;
    const f0 = factors(p, item, 4);
    const f1 = f0 + bytes;
    const f2 = f1 + bytes;
    const f3 = f2 + bytes;
    for (; x < past; x += bytes) {
      let c: usize = 0;
      for (; c + 32 <= bytes; c += 32) {
        const a = f32x4.sub(v128.load(x + c), v128.load(f0 + c));
        const b = f32x4.sub(v128.load(x + c, 16), v128.load(f0 + c, 16));
        const s = madd(v128.load(dy + c), v128.load(f1 + c), v128.load(f3 + c));
        const t = madd(v128.load(dy + c, 16), v128.load(f1 + c, 16), v128.load(f3 + c, 16));
        v128.store(to + c, madd(a, v128.load(f2 + c), s));
        v128.store(to + c, madd(b, v128.load(f2 + c, 16), t), 16);
      }
      for (; c < bytes; c += 4) {
        const a = load<f32>(x + c) - load<f32>(f0 + c);
        store<f32>(to + c, load<f32>(dy + c) * load<f32>(f1 + c) + a * load<f32>(f2 + c) + load<f32>(f3 + c));
      }
      dy += bytes;
      to += bytes;
    }
  }
}
