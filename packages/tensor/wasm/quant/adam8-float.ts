/**
 * adam8-float: AdamW in place, its two running means kept as 8-bit floats with a scale for each block of elements, a multiple of 32: those of
 * src/kernels/reference/quant/adam8-float.ts, the twin, to which it's equal in every tier.
 *
 * Of 32 elements, element 8·j + l has byte j of word l, so that everything is done lane by lane.
 */
import { copyBytes } from './bytes';

// Parameters, as words.
const W: usize = 0;
const G: usize = 4;
const M: usize = 8;
const V: usize = 12;
const M_SCALES: usize = 16;
const V_SCALES: usize = 20;
const COUNT: usize = 24;
const BLOCK: usize = 28;
/** The step's share of what is added before codes are cut off, and an element's. */
const DITHER: usize = 32;
const DITHER_STEP: usize = 36;
const RATE: usize = 40;
const KEEP: usize = 48;
const BETA1: usize = 52;
const FRESH1: usize = 56;
const BETA2: usize = 60;
const FRESH2: usize = 64;
const EPSILON: usize = 68;
/** What a block's largest becomes, of means and of squares. */
const MOST1: usize = 72;
const MOST2: usize = 76;

// Scratch: constants, what is largest, what is left of a parameter and its gradient, then a block's means and squares.
const BITS1: usize = 0;
const BITS2: usize = 4;
const SIGN: usize = 8;
const TWO: usize = 12;
const SIZE: usize = 16;
const BITS3: usize = 20;
const SCALE1: usize = 24;
const SCALE2: usize = 28;
const LARGEST: usize = 64;
const REST_W: usize = 128;
const REST_G: usize = 256;
const MEANS: usize = 512;

/** Work items: blocks. */
export function f32_adam8_float(p: usize, begin: i32, end: i32, scratch: usize): void {
  const block = load<i32>(p, BLOCK);
  const total = load<i32>(p, COUNT);
  store<i32>(scratch, 0x87f00000, BITS1);
  store<i32>(scratch, 0x0ff00000, BITS2);
  store<i32>(scratch, 0x80000000, SIGN);
  store<f32>(scratch, 2, TWO);
  store<i32>(scratch, 0x7fffffff, SIZE);
  store<i32>(scratch, 0x07f00000, BITS3);
  const means = scratch + MEANS;
  const squares = means + (<usize>block << 2);
  for (let item = begin; item < end; item++) {
    const first = item * block;
    const count = min(block, total - first);
    const w = load<u32>(p, W) + (<usize>first << 2);
    const g = load<u32>(p, G) + (<usize>first << 2);
    const m = load<u32>(p, M) + first;
    const v = load<u32>(p, V) + first;
    const mScale = load<u32>(p, M_SCALES) + (<usize>item << 2);
    const vScale = load<u32>(p, V_SCALES) + (<usize>item << 2);
    store<f32>(scratch, load<f32>(p, BETA1) * (load<f32>(mScale) / load<f32>(p, MOST1)), SCALE1);
    store<f32>(scratch, load<f32>(p, BETA2) * (load<f32>(vScale) / load<f32>(p, MOST2)), SCALE2);
    for (let k: usize = 0; k < 64; k += 16) v128.store(scratch + LARGEST + k, i32x4.splat(0));
    for (let done = 0; done < count; ) {
      const rest = count - done;
      const from = <usize>done << 2;
      const bytes = <usize>rest << 2;
      let wAt = w + from;
      let gAt = g + from;
      if (rest < 32) {
        // What is left goes by way of the scratch, 32 wide.
        for (let k: usize = 0; k < 256; k += 16) v128.store(scratch + REST_W + k, i32x4.splat(0));
        copyBytes(scratch + REST_W, wAt, bytes);
        copyBytes(scratch + REST_G, gAt, bytes);
        wAt = scratch + REST_W;
        gAt = scratch + REST_G;
      }
      const here = max(rest & ~31, 32);
      update(p, wAt, gAt, m + done, v + done, here, means + from, squares + from, scratch);
      if (rest < 32) copyBytes(w + from, wAt, bytes);
      done += here;
    }
    const largest1 = reinterpret<f32>(largest(scratch + LARGEST) >>> 1);
    const largest2 = reinterpret<f32>(largest(scratch + LARGEST + 32));
    store<f32>(mScale, largest1);
    store<f32>(vScale, largest2);
    store<f32>(scratch, factor(load<f32>(p, MOST1), largest1), SCALE1);
    store<f32>(scratch, factor(load<f32>(p, MOST2), largest2), SCALE2);
    encode(p, first, (count + 31) & ~31, means, squares, m, v, scratch);
  }
}

// @ts-ignore: decorator
@inline
function factor(most: f32, largest: f32): f32 {
  return largest > 0 ? min<f32>(most / largest, 3e38) : 0;
}

function largest(at: usize): u32 {
  const x = i32x4.max_u(v128.load(at), v128.load(at, 16));
  const a = i32x4.max_u(x, i32x4.shuffle(x, x, 2, 3, 0, 1));
  return i32x4.extract_lane(i32x4.max_u(a, i32x4.shuffle(a, a, 1, 0, 3, 2)), 0);
}

/** AdamW on a multiple of 32 elements; LARGEST rises to twice the bits of the largest mean's size, and those of the largest square. */
function update(p: usize, w: usize, g: usize, m: usize, v: usize, count: i32, means: usize, squares: usize, scratch: usize): void {
  const rate = v128.load32_splat(p, RATE);
  const keep = v128.load32_splat(p, KEEP);
  const fresh1 = v128.load32_splat(p, FRESH1);
  const fresh2 = v128.load32_splat(p, FRESH2);
  const epsilon = v128.load32_splat(p, EPSILON);
  const scale1 = v128.load32_splat(scratch, SCALE1);
  const scale2 = v128.load32_splat(scratch, SCALE2);
  const bits1 = v128.load32_splat(scratch, BITS1);
  const bits2 = v128.load32_splat(scratch, BITS2);
  const sign = v128.load32_splat(scratch, SIGN);
  const two = v128.load32_splat(scratch, TWO);
  let m0 = v128.load(scratch, LARGEST);
  let m1 = v128.load(scratch, LARGEST + 16);
  let v0 = v128.load(scratch, LARGEST + 32);
  let v1 = v128.load(scratch, LARGEST + 48);
  const past = m + <usize>count;
  while (m < past) {
    let mw0 = v128.load(m);
    let mw1 = v128.load(m, 16);
    let vw0 = v128.load(v);
    let vw1 = v128.load(v, 16);
    // From the last bytes to the first: a shift brings the next to the top.
    for (let k: isize = 96; k >= 0; k -= 32) {
      const g0 = v128.load(g + k);
      const g1 = v128.load(g + k, 16);
      const w0 = v128.load(w + k);
      const w1 = v128.load(w + k, 16);
      // A mean's sign is spread to where the exponent's upper bits are, and cut off there.
      const c0 = v128.and(i32x4.shr_s(mw0, 4), bits1);
      const c1 = v128.and(i32x4.shr_s(mw1, 4), bits1);
      const e0 = i32x4.add(v128.and(i32x4.shr_u(vw0, 4), bits2), two);
      const e1 = i32x4.add(v128.and(i32x4.shr_u(vw1, 4), bits2), two);
      mw0 = i32x4.shl(mw0, 8);
      mw1 = i32x4.shl(mw1, 8);
      vw0 = i32x4.shl(vw0, 8);
      vw1 = i32x4.shl(vw1, 8);
      const d0 = f32x4.sub(i32x4.add(c0, two), v128.or(v128.and(c0, sign), two));
      const d1 = f32x4.sub(i32x4.add(c1, two), v128.or(v128.and(c1, sign), two));
      // Not fused, so that it's the same in every tier.
      const x0 = f32x4.add(f32x4.mul(d0, scale1), f32x4.mul(fresh1, g0));
      const x1 = f32x4.add(f32x4.mul(d1, scale1), f32x4.mul(fresh1, g1));
      const y0 = f32x4.add(f32x4.mul(e0, scale2), f32x4.mul(fresh2, f32x4.mul(g0, g0)));
      const y1 = f32x4.add(f32x4.mul(e1, scale2), f32x4.mul(fresh2, f32x4.mul(g1, g1)));
      const s0 = f32x4.div(f32x4.mul(rate, x0), f32x4.add(f32x4.sqrt(y0), epsilon));
      const s1 = f32x4.div(f32x4.mul(rate, x1), f32x4.add(f32x4.sqrt(y1), epsilon));
      // Sizes of floats rise with their bits, and the largest of integers is one instruction where that of floats is many.
      m0 = i32x4.max_u(m0, i32x4.shl(x0, 1));
      m1 = i32x4.max_u(m1, i32x4.shl(x1, 1));
      v0 = i32x4.max_u(v0, y0);
      v1 = i32x4.max_u(v1, y1);
      const r0 = f32x4.sub(f32x4.mul(keep, w0), s0);
      const r1 = f32x4.sub(f32x4.mul(keep, w1), s1);
      v128.store(means + k, x0);
      v128.store(means + k, x1, 16);
      v128.store(squares + k, y0);
      v128.store(squares + k, y1, 16);
      v128.store(w + k, r0);
      v128.store(w + k, r1, 16);
    }
    m += 32;
    v += 32;
    g += 128;
    w += 128;
    means += 128;
    squares += 128;
  }
  v128.store(scratch, m0, LARGEST);
  v128.store(scratch, m1, LARGEST + 16);
  v128.store(scratch, v0, LARGEST + 32);
  v128.store(scratch, v1, LARGEST + 48);
}

/** Writes the codes of a multiple of 32 elements. */
function encode(p: usize, first: i32, count: i32, means: usize, squares: usize, m: usize, v: usize, scratch: usize): void {
  const scale1 = v128.load32_splat(scratch, SCALE1);
  const scale2 = v128.load32_splat(scratch, SCALE2);
  const bits2 = v128.load32_splat(scratch, BITS2);
  const bits3 = v128.load32_splat(scratch, BITS3);
  const sign = v128.load32_splat(scratch, SIGN);
  const two = v128.load32_splat(scratch, TWO);
  const size = v128.load32_splat(scratch, SIZE);
  const step = load<i32>(p, DITHER_STEP);
  const base = load<i32>(p, DITHER) + (first >> 2) * step;
  for (let l = 0; l < 8; l++) store<i32>(scratch + REST_W + (<usize>l << 2), base + l * step);
  let d0 = v128.load(scratch, REST_W);
  let d1 = v128.load(scratch, REST_W + 16);
  const ahead = i32x4.splat(8 * step);
  const past = m + <usize>count;
  while (m < past) {
    const a0 = i32x4.shr_u(d0, 12);
    const a1 = i32x4.shr_u(d1, 12);
    const m0 = v128.or(
      v128.or(i32x4.shr_u(mean(means, 0, size, scale1, two, a0, bits3, sign), 20), i32x4.shr_u(mean(means, 32, size, scale1, two, a0, bits3, sign), 12)),
      v128.or(i32x4.shr_u(mean(means, 64, size, scale1, two, a0, bits3, sign), 4), i32x4.shl(mean(means, 96, size, scale1, two, a0, bits3, sign), 4)),
    );
    const m1 = v128.or(
      v128.or(i32x4.shr_u(mean(means, 16, size, scale1, two, a1, bits3, sign), 20), i32x4.shr_u(mean(means, 48, size, scale1, two, a1, bits3, sign), 12)),
      v128.or(i32x4.shr_u(mean(means, 80, size, scale1, two, a1, bits3, sign), 4), i32x4.shl(mean(means, 112, size, scale1, two, a1, bits3, sign), 4)),
    );
    const v0 = v128.or(
      v128.or(i32x4.shr_u(square(squares, 0, scale2, two, a0, bits2), 20), i32x4.shr_u(square(squares, 32, scale2, two, a0, bits2), 12)),
      v128.or(i32x4.shr_u(square(squares, 64, scale2, two, a0, bits2), 4), i32x4.shl(square(squares, 96, scale2, two, a0, bits2), 4)),
    );
    const v1 = v128.or(
      v128.or(i32x4.shr_u(square(squares, 16, scale2, two, a1, bits2), 20), i32x4.shr_u(square(squares, 48, scale2, two, a1, bits2), 12)),
      v128.or(i32x4.shr_u(square(squares, 80, scale2, two, a1, bits2), 4), i32x4.shl(square(squares, 112, scale2, two, a1, bits2), 4)),
    );
    v128.store(m, m0);
    v128.store(m, m1, 16);
    v128.store(v, v0);
    v128.store(v, v1, 16);
    d0 = i32x4.add(d0, ahead);
    d1 = i32x4.add(d1, ahead);
    m += 32;
    v += 32;
    means += 128;
    squares += 128;
  }
}

/** Codes of means, in bits 20 to 27. */
// @ts-ignore: decorator
@inline
function mean(at: usize, place: usize, size: v128, scale: v128, two: v128, add: v128, bits: v128, sign: v128): v128 {
  const x = v128.load(at + place);
  const y = i32x4.add(f32x4.add(f32x4.mul(v128.and(x, size), scale), two), add);
  return v128.or(v128.and(y, bits), i32x4.shr_u(v128.and(x, sign), 4));
}

// @ts-ignore: decorator
@inline
function square(at: usize, place: usize, scale: v128, two: v128, add: v128, bits: v128): v128 {
  return v128.and(i32x4.add(f32x4.pmax(f32x4.mul(v128.load(at + place), scale), two), add), bits);
}
