/**
 * adam8: AdamW in place, its two running means kept as 8-bit codes of the dynamic map with a scale for each block of elements. A block is
 * decoded, updated in float32 and encoded again. The twin is src/kernels/reference/quant/adam8.ts, and it's equal to that in every tier.
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
/** Of the signed and the unsigned map: f32[256] numbers by code, and what src/kernels/quant/code-lines.ts gives. */
const SIGNED: usize = 32;
const UNSIGNED: usize = 36;
const RATE: usize = 40;
const ROOT: usize = 44;
const KEEP: usize = 48;
const BETA1: usize = 52;
const FRESH1: usize = 56;
const BETA2: usize = 60;
const FRESH2: usize = 64;
const EPSILON: usize = 68;

// Behind a map's numbers: which bits of a number are its size, and what makes codes fit signed bytes; then the lines.
const SIZES: usize = 1024;
const OFFSET: usize = 1028;
const SLOPE: usize = 1032;
const FIRST: usize = 1036;
const ADDED: usize = 1040;
const TOP: usize = 1056;

// Scratch: constants, and a block's means and squares; codes of 32 elements.
const FACTOR: usize = 0;
const CHANGE: usize = 4;
const SPLIT_AT: usize = 8;
const TOP_AT: usize = 12;
const SIZE: usize = 16;
const FIVE: usize = 20;
const MANTISSA: usize = 24;
const MARGIN: usize = 28;
const UP: usize = 32;
const CODES: usize = 64;
const MEANS: usize = 128;

/** Work items: blocks. */
export function f32_adam8(p: usize, begin: i32, end: i32, scratch: usize): void {
  const block = load<i32>(p, BLOCK);
  const total = load<i32>(p, COUNT);
  const signed = load<u32>(p, SIGNED);
  const unsigned = load<u32>(p, UNSIGNED);
  const means = scratch + MEANS;
  const squares = means + (((<usize>block << 2) + 127) & ~127);
  store<i32>(scratch, 0x7fffffff, SIZE);
  store<f32>(scratch, 5, FIVE);
  store<i32>(scratch, 0x7fffff, MANTISSA);
  store<f32>(scratch, 0.2, MARGIN);
  store<i32>(scratch, 3 << 23, UP);
  for (let item = begin; item < end; item++) {
    const first = item * block;
    const count = min(block, total - first);
    const m = load<u32>(p, M) + first;
    const v = load<u32>(p, V) + first;
    const mScale = load<u32>(p, M_SCALES) + (<usize>item << 2);
    const vScale = load<u32>(p, V_SCALES) + (<usize>item << 2);
    decode(m, count, signed, means);
    decode(v, count, unsigned, squares);
    update(p, first, count, means, squares, mScale, vScale, scratch);
    encode(means, count, load<f32>(mScale), m, signed, scratch);
    encode(squares, count, load<f32>(vScale), v, unsigned, scratch);
  }
}

function decode(codes: usize, count: i32, map: usize, to: usize): void {
  let k: usize = 0;
  const past = <usize>count;
  for (; k + 4 <= past; k += 4) {
    const at = codes + k;
    const place = to + (k << 2);
    store<u32>(place, load<u32>(map + (<usize>load<u8>(at) << 2)));
    store<u32>(place, load<u32>(map + (<usize>load<u8>(at, 1) << 2)), 4);
    store<u32>(place, load<u32>(map + (<usize>load<u8>(at, 2) << 2)), 8);
    store<u32>(place, load<u32>(map + (<usize>load<u8>(at, 3) << 2)), 12);
  }
  for (; k < past; k++) store<u32>(to + (k << 2), load<u32>(map + (<usize>load<u8>(codes + k) << 2)));
}

/** AdamW on a block; scales become the largest sizes. */
function update(p: usize, first: i32, count: i32, means: usize, squares: usize, mScale: usize, vScale: usize, scratch: usize): void {
  const w = load<u32>(p, W) + (<usize>first << 2);
  const g = load<u32>(p, G) + (<usize>first << 2);
  const rate = f32x4.splat(load<f32>(p, RATE));
  const root = f32x4.splat(load<f32>(p, ROOT));
  const keep = f32x4.splat(load<f32>(p, KEEP));
  const beta1 = f32x4.splat(load<f32>(p, BETA1));
  const fresh1 = f32x4.splat(load<f32>(p, FRESH1));
  const beta2 = f32x4.splat(load<f32>(p, BETA2));
  const fresh2 = f32x4.splat(load<f32>(p, FRESH2));
  const epsilon = f32x4.splat(load<f32>(p, EPSILON));
  const ms = v128.load32_splat(mScale);
  const vs = v128.load32_splat(vScale);
  // Sizes of floats rise with their bits, and the largest of integers is one instruction where that of floats is many.
  const size = v128.load32_splat(scratch, SIZE);
  let mLargest = i32x4.splat(0);
  let vLargest = mLargest;
  let mLargest1 = mLargest;
  let vLargest1 = mLargest;
  const bytes = <usize>count << 2;
  let k: usize = 0;
  for (; k + 32 <= bytes; k += 32) {
    const g0 = v128.load(g + k);
    const g1 = v128.load(g + k, 16);
    const w0 = v128.load(w + k);
    const w1 = v128.load(w + k, 16);
    // Not fused, so that it's the same in every tier.
    const m0 = f32x4.add(f32x4.mul(beta1, f32x4.mul(v128.load(means + k), ms)), f32x4.mul(fresh1, g0));
    const m1 = f32x4.add(f32x4.mul(beta1, f32x4.mul(v128.load(means + k, 16), ms)), f32x4.mul(fresh1, g1));
    const v0 = f32x4.add(f32x4.mul(beta2, f32x4.mul(v128.load(squares + k), vs)), f32x4.mul(fresh2, f32x4.mul(g0, g0)));
    const v1 = f32x4.add(f32x4.mul(beta2, f32x4.mul(v128.load(squares + k, 16), vs)), f32x4.mul(fresh2, f32x4.mul(g1, g1)));
    const s0 = f32x4.div(f32x4.mul(rate, m0), f32x4.add(f32x4.mul(root, f32x4.sqrt(v0)), epsilon));
    const s1 = f32x4.div(f32x4.mul(rate, m1), f32x4.add(f32x4.mul(root, f32x4.sqrt(v1)), epsilon));
    mLargest = i32x4.max_s(mLargest, v128.and(m0, size));
    mLargest1 = i32x4.max_s(mLargest1, v128.and(m1, size));
    vLargest = i32x4.max_s(vLargest, v128.and(v0, size));
    vLargest1 = i32x4.max_s(vLargest1, v128.and(v1, size));
    v128.store(means + k, m0);
    v128.store(means + k, m1, 16);
    v128.store(squares + k, v0);
    v128.store(squares + k, v1, 16);
    v128.store(w + k, f32x4.sub(f32x4.mul(keep, w0), s0));
    v128.store(w + k, f32x4.sub(f32x4.mul(keep, w1), s1), 16);
  }
  for (; k < bytes; k += 4) {
    const g0 = v128.load32_zero(g + k);
    const m0 = f32x4.add(f32x4.mul(beta1, f32x4.mul(v128.load32_zero(means + k), ms)), f32x4.mul(fresh1, g0));
    const v0 = f32x4.add(f32x4.mul(beta2, f32x4.mul(v128.load32_zero(squares + k), vs)), f32x4.mul(fresh2, f32x4.mul(g0, g0)));
    const s0 = f32x4.div(f32x4.mul(rate, m0), f32x4.add(f32x4.mul(root, f32x4.sqrt(v0)), epsilon));
    // Their other lanes are 0.
    mLargest = i32x4.max_s(mLargest, v128.and(m0, size));
    vLargest = i32x4.max_s(vLargest, v128.and(v0, size));
    v128.store32_lane(means + k, m0, 0);
    v128.store32_lane(squares + k, v0, 0);
    v128.store32_lane(w + k, f32x4.sub(f32x4.mul(keep, v128.load32_zero(w + k)), s0), 0);
  }
  store<f32>(mScale, largest(i32x4.max_s(mLargest, mLargest1)));
  store<f32>(vScale, largest(i32x4.max_s(vLargest, vLargest1)));
}

function largest(x: v128): f32 {
  const a = i32x4.max_s(x, i32x4.shuffle(x, x, 2, 3, 0, 1));
  return f32x4.extract_lane(i32x4.max_s(a, i32x4.shuffle(a, a, 1, 0, 3, 2)), 0);
}

/**
 * Writes the codes of a block whose largest size is known.
 *
 * A code rises evenly with the number between two powers of ten, so it's the least of seven lines, rounded down; the upper three are
 * the lower ones a thousand times further on and eight times higher. Up to a fifth beyond the first code of a power it's the last one
 * of the power below, for what lies between two codes belongs to the nearer.
 */
function encode(values: usize, count: i32, largest: f32, codes: usize, map: usize, scratch: usize): void {
  const factor: f32 = largest > 0 ? min<f32>(load<f32>(map, SLOPE) / largest, 3e38) : 0;
  store<f32>(scratch, factor, FACTOR);
  store<i32>(scratch, reinterpret<i32>(factor) ^ reinterpret<i32>(factor * <f32>0.001), CHANGE);
  store<f32>(scratch, <f32>0.001 * largest, SPLIT_AT);
  store<f32>(scratch, load<f32>(map, TOP) * largest, TOP_AT);
  const sizes = v128.load32_splat(map, SIZES);
  const mantissa = v128.load32_splat(scratch, MANTISSA);
  const margin = v128.load32_splat(scratch, MARGIN);
  const up = v128.load32_splat(scratch, UP);
  const lower = v128.load32_splat(scratch, FACTOR);
  const change = v128.load32_splat(scratch, CHANGE);
  const split = v128.load32_splat(scratch, SPLIT_AT);
  const top = v128.load32_splat(scratch, TOP_AT);
  const five = v128.load32_splat(scratch, FIVE);
  const first = v128.load32_splat(map, FIRST);
  const b0 = v128.load32_splat(map, ADDED);
  const b1 = v128.load32_splat(map, ADDED + 4);
  const b2 = v128.load32_splat(map, ADDED + 8);
  const b3 = v128.load32_splat(map, ADDED + 12);
  const offset = v128.load16_splat(map, OFFSET);
  const lowest = i8x16.splat(-128);
  const past = <usize>count;
  for (let k: usize = 0; k < past; k += 32) {
    const from = values + (k << 2);
    const x0 = code(v128.load(from, 0), sizes, mantissa, margin, up, lower, change, split, top, five, first, b0, b1, b2, b3);
    const x1 = code(v128.load(from, 16), sizes, mantissa, margin, up, lower, change, split, top, five, first, b0, b1, b2, b3);
    const x2 = code(v128.load(from, 32), sizes, mantissa, margin, up, lower, change, split, top, five, first, b0, b1, b2, b3);
    const x3 = code(v128.load(from, 48), sizes, mantissa, margin, up, lower, change, split, top, five, first, b0, b1, b2, b3);
    const x4 = code(v128.load(from, 64), sizes, mantissa, margin, up, lower, change, split, top, five, first, b0, b1, b2, b3);
    const x5 = code(v128.load(from, 80), sizes, mantissa, margin, up, lower, change, split, top, five, first, b0, b1, b2, b3);
    const x6 = code(v128.load(from, 96), sizes, mantissa, margin, up, lower, change, split, top, five, first, b0, b1, b2, b3);
    const x7 = code(v128.load(from, 112), sizes, mantissa, margin, up, lower, change, split, top, five, first, b0, b1, b2, b3);
    v128.store(scratch, packed(x0, x2, x4, x6, offset), CODES);
    v128.store(scratch, packed(x1, x3, x5, x7, offset), CODES + 16);
    const even = v128.load(scratch, CODES);
    const odd = v128.load(scratch, CODES + 16);
    const to = k + 32 <= past ? codes + k : scratch + CODES;
    v128.store(to, v128.xor(i32x4.shuffle(even, odd, 0, 4, 1, 5), lowest));
    v128.store(to, v128.xor(i32x4.shuffle(even, odd, 2, 6, 3, 7), lowest), 16);
  }
  copyBytes(codes + (past & ~31), scratch + CODES, past & 31);
}

/** Codes, of the signed map less 128: 1 has one of its own. */
// @ts-ignore: decorator
@inline
function code(x: v128, sizes: v128, mantissa: v128, margin: v128, up: v128, lower: v128, change: v128, split: v128, top: v128, five: v128, first: v128, b0: v128, b1: v128, b2: v128, b3: v128): v128 {
  const size = v128.and(x, sizes);
  const upper = f32x4.gt(size, split);
  const z3 = f32x4.mul(size, v128.xor(lower, v128.and(upper, change)));
  const z2 = f32x4.mul(z3, five);
  const u3 = f32x4.add(z3, b3);
  const u2 = f32x4.add(z2, b2);
  const u1 = f32x4.add(f32x4.mul(z2, five), b1);
  const u0 = f32x4.add(f32x4.mul(z3, first), b0);
  const least = f32x4.pmin(f32x4.pmin(u0, u1), f32x4.pmin(u2, u3));
  const u = i32x4.add(least, v128.and(upper, up));
  // The largest number below the next power of two.
  const most = v128.or(f32x4.sub(u, margin), mantissa);
  const within = f32x4.pmin(u, most);
  const whole = truncated(v128.or(within, v128.andnot(x, sizes)));
  return i32x4.add(whole, f32x4.le(x, top));
}

// @ts-ignore: decorator
@inline
function packed(a: v128, b: v128, c: v128, d: v128, offset: v128): v128 {
  return i8x16.narrow_i16x8_s(i16x8.sub(i16x8.narrow_i32x4_s(a, b), offset), i16x8.sub(i16x8.narrow_i32x4_s(c, d), offset));
}

// @ts-ignore: decorator
@inline
function truncated(x: v128): v128 {
  if (RELAXED) return i32x4.relaxed_trunc_f32x4_s(x);
  return i32x4.trunc_sat_f32x4_s(x);
}
