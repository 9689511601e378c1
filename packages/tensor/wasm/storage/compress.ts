/**
 * compress: floats to codes of 2, 4 or 8 bits in groups, each with its least number and a step, rounded up or down at random so that the
 * mean is right; and back. Of every 64 numbers, codes k and k + 16, k + 32, k + 48 (of 4 bits: k + 32) share a byte.
 *
 * Number i is rounded by the 16 random bits i of the key's stream, so that results don't depend on threads or tiers.
 */
import { philox32 } from '../simd/philox';
import { extremes } from '../quant/extremes';

// Parameters, as words.
const X: usize = 0;
const CODES: usize = 4;
/** f32[2] a group: least number and step. */
const RANGES: usize = 8;
const COUNT: usize = 12;
/** Numbers of a group, a multiple of 64. */
const SIZE: usize = 16;
const BITS: usize = 20;
const KEY0: usize = 24;
const KEY1: usize = 28;
/** Set to 1 where a number is not finite. */
const FLAG: usize = 32;

/** Scratch: random words of 64 numbers, then numbers that fill up a last part, then constants, which the engine would make anew at each use. */
const RANDOM: usize = 0;
const PART: usize = 128;
const LOW: usize = 384;
const INVERSE: usize = 388;
const TOP: usize = 392;
const HALF: usize = 396;
const UNIT: usize = 400;
const MOVE: usize = 404;
const SELECT: usize = 416;

/** Work items: groups. */
export function f32_compress(p: usize, begin: i32, end: i32, scratch: usize): void {
  const size = load<i32>(p, SIZE);
  const bits = load<i32>(p, BITS);
  const most = (1 << bits) - 1;
  store<f32>(scratch, <f32>most, TOP);
  store<f32>(scratch, 0.5, HALF);
  store<f32>(scratch, 1.52587890625e-5, UNIT);
  store<f32>(scratch, 8388608, MOVE);
  for (let group = begin; group < end; group++) {
    const first = group * size;
    const count = min(size, load<i32>(p, COUNT) - first);
    const x = load<u32>(p, X) + (<usize>first << 2);
    extremes(x, count, scratch + PART);
    const low = load<f32>(scratch + PART);
    const range = load<f32>(scratch + PART, 4) - low;
    if (!(range < Infinity)) store<i32>(load<u32>(p, FLAG), 1);
    const step: f32 = range / <f32>most;
    store<f32>(scratch, low, LOW);
    store<f32>(scratch, step > 0 ? 1 / step : 0, INVERSE);
    const ranges = load<u32>(p, RANGES) + (<usize>group << 3);
    store<f32>(ranges, low);
    store<f32>(ranges, step, 4);
    let to = load<u32>(p, CODES) + (((<usize>first >> 3)) * <usize>bits);
    for (let k = 0; k < count; k += 64) {
      philox32(scratch + RANDOM, <u32>(first + k) >> 3, load<u32>(p, KEY0), load<u32>(p, KEY1));
      let from = x + (<usize>k << 2);
      if (k + 64 > count) {
        memory.fill(scratch + PART, 0, 256);
        memory.copy(scratch + PART, from, <usize>(count - k) << 2);
        from = scratch + PART;
      }
      const q0 = sixteen(from, scratch + RANDOM, scratch);
      const q1 = sixteen(from + 64, scratch + RANDOM + 32, scratch);
      const q2 = sixteen(from + 128, scratch + RANDOM + 64, scratch);
      const q3 = sixteen(from + 192, scratch + RANDOM + 96, scratch);
      // No code's upper bits are set, so that words can be shifted as one.
      if (bits == 2) {
        v128.store(to, v128.or(v128.or(q0, i16x8.shl(q1, 2)), v128.or(i16x8.shl(q2, 4), i16x8.shl(q3, 6))));
      } else if (bits == 4) {
        v128.store(to, v128.or(q0, i16x8.shl(q2, 4)));
        v128.store(to, v128.or(q1, i16x8.shl(q3, 4)), 16);
      } else {
        v128.store(to, q0);
        v128.store(to, q1, 16);
        v128.store(to, q2, 32);
        v128.store(to, q3, 48);
      }
      to += <usize>bits << 3;
    }
  }
}

/** 16 numbers to codes: floor((x - low) / step + (bits + 0.5) / 65536), from 0 to the largest. */
function sixteen(x: usize, random: usize, scratch: usize): v128 {
  const a = i16x8.narrow_i32x4_s(four(x, random, scratch), four(x + 16, random + 8, scratch));
  const b = i16x8.narrow_i32x4_s(four(x + 32, random + 16, scratch), four(x + 48, random + 24, scratch));
  return i8x16.narrow_i16x8_u(a, b);
}

// @ts-ignore: decorator
@inline
function four(x: usize, random: usize, scratch: usize): v128 {
  const draws = f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(v128.load64_zero(random)));
  const u = f32x4.mul(f32x4.add(draws, v128.load32_splat(scratch, HALF)), v128.load32_splat(scratch, UNIT));
  const y = f32x4.add(f32x4.mul(f32x4.sub(v128.load(x), v128.load32_splat(scratch, LOW)), v128.load32_splat(scratch, INVERSE)), u);
  const whole = f32x4.floor(f32x4.pmax(f32x4.pmin(y, v128.load32_splat(scratch, TOP)), f32x4.splat(0)));
  // A whole number plus 2^23 is in the lowest bits.
  const move = v128.load32_splat(scratch, MOVE);
  return i32x4.sub(f32x4.add(whole, move), move);
}

/** Work items: groups. low + code·step. */
export function f32_restore(p: usize, begin: i32, end: i32, scratch: usize): void {
  const size = load<i32>(p, SIZE);
  const bits = load<i32>(p, BITS);
  const three = i8x16.splat(3);
  const fifteen = i8x16.splat(15);
  for (let group = begin; group < end; group++) {
    const first = group * size;
    const count = min(size, load<i32>(p, COUNT) - first);
    const ranges = load<u32>(p, RANGES) + (<usize>group << 3);
    const low = v128.load32_splat(ranges);
    const step = v128.load32_splat(ranges, 4);
    let from = load<u32>(p, CODES) + (((<usize>first >> 3)) * <usize>bits);
    for (let k = 0; k < count; k += 64) {
      const to = load<u32>(p, X) + (<usize>(first + k) << 2);
      const out = k + 64 > count ? scratch + PART : to;
      const a = v128.load(from);
      if (bits == 2) {
        restore16(v128.and(a, three), low, step, out);
        restore16(v128.and(i16x8.shr_u(a, 2), three), low, step, out + 64);
        restore16(v128.and(i16x8.shr_u(a, 4), three), low, step, out + 128);
        restore16(v128.and(i16x8.shr_u(a, 6), three), low, step, out + 192);
      } else if (bits == 4) {
        const b = v128.load(from, 16);
        restore16(v128.and(a, fifteen), low, step, out);
        restore16(v128.and(b, fifteen), low, step, out + 64);
        restore16(v128.and(i16x8.shr_u(a, 4), fifteen), low, step, out + 128);
        restore16(v128.and(i16x8.shr_u(b, 4), fifteen), low, step, out + 192);
      } else {
        restore16(a, low, step, out);
        restore16(v128.load(from, 16), low, step, out + 64);
        restore16(v128.load(from, 32), low, step, out + 128);
        restore16(v128.load(from, 48), low, step, out + 192);
      }
      if (out != to) memory.copy(to, out, <usize>(count - k) << 2);
      from += <usize>bits << 3;
    }
  }
}

function restore16(codes: v128, low: v128, step: v128, to: usize): void {
  const a = i16x8.extend_low_i8x16_u(codes);
  const b = i16x8.extend_high_i8x16_u(codes);
  v128.store(to, f32x4.add(low, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(a)), step)));
  v128.store(to, f32x4.add(low, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(a)), step)), 16);
  v128.store(to, f32x4.add(low, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(b)), step)), 32);
  v128.store(to, f32x4.add(low, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(b)), step)), 48);
}

/** Numbers of a work item of the signs. */
const ITEM: i32 = 4096;

/** Work items: ITEM numbers. A bit of each, whether it's above 0; a part of 32 that isn't whole is filled up with zeros. */
export function f32_positive(p: usize, begin: i32, end: i32, scratch: usize): void {
  const past = min(end * ITEM, load<i32>(p, COUNT));
  const zero = f32x4.splat(0);
  for (let k = begin * ITEM; k < ((past + 31) & ~31); k += 16) {
    let x = load<u32>(p, X) + (<usize>k << 2);
    if (k + 16 > past) {
      memory.fill(scratch, 0, 64);
      memory.copy(scratch, x, <usize>max(past - k, 0) << 2);
      x = scratch;
    }
    const a = i16x8.narrow_i32x4_s(f32x4.gt(v128.load(x), zero), f32x4.gt(v128.load(x, 16), zero));
    const b = i16x8.narrow_i32x4_s(f32x4.gt(v128.load(x, 32), zero), f32x4.gt(v128.load(x, 48), zero));
    store<u16>(load<u32>(p, CODES) + (k >> 3), <u16>i8x16.bitmask(i8x16.narrow_i16x8_s(a, b)));
  }
}

/** Work items: ITEM numbers. Those of RANGES whose bits are set, and zeros. */
export function f32_where_positive(p: usize, begin: i32, end: i32, scratch: usize): void {
  const past = min(end * ITEM, load<i32>(p, COUNT));
  for (let j: usize = 0; j < 8; j++) store<i32>(scratch + (j << 2), 1 << <i32>j, SELECT);
  const low = v128.load(scratch, SELECT);
  const high = v128.load(scratch, SELECT + 16);
  const bits = load<u32>(p, CODES);
  const from = load<u32>(p, RANGES);
  const to = load<u32>(p, X);
  // A tensor has whole lines of 64 bytes.
  for (let k = begin * ITEM; k < past; k += 8) {
    const at = <usize>k << 2;
    const set = i32x4.splat(load<u8>(bits + (k >> 3)));
    const a = v128.load(from + at);
    const b = v128.load(from + at, 16);
    v128.store(to + at, v128.and(a, i32x4.eq(v128.and(set, low), low)));
    v128.store(to + at, v128.and(b, i32x4.eq(v128.and(set, high), high)), 16);
  }
}
