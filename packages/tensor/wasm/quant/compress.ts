/**
 * compress: floats to codes of 2, 4 or 8 bits in groups, each with its least number and a step, rounded up or down at random so that the
 * mean is right; and back. Of every 64 numbers, codes k and k + 16, k + 32, k + 48 (of 4 bits: k + 32) share a byte.
 *
 * Number i is rounded by the 16 random bits i of the key's stream, so that results don't depend on threads or tiers.
 */
import { philox32 } from '../simd/philox';
import { extremes } from './extremes';

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

/** Scratch: random words of 64 numbers, then numbers that fill up a last part. */
const RANDOM: usize = 0;
const PART: usize = 128;

/** Work items: groups. */
export function f32_compress(p: usize, begin: i32, end: i32, scratch: usize): void {
  const size = load<i32>(p, SIZE);
  const bits = load<i32>(p, BITS);
  const most = (1 << bits) - 1;
  const top = f32x4.splat(<f32>most);
  for (let group = begin; group < end; group++) {
    const first = group * size;
    const count = min(size, load<i32>(p, COUNT) - first);
    const x = load<u32>(p, X) + (<usize>first << 2);
    extremes(x, count, scratch + PART);
    const low = load<f32>(scratch + PART);
    const range = load<f32>(scratch + PART, 4) - low;
    if (!(range < Infinity)) store<i32>(load<u32>(p, FLAG), 1);
    const step: f32 = range / <f32>most;
    const inverse: f32 = step > 0 ? 1 / step : 0;
    const ranges = load<u32>(p, RANGES) + (<usize>group << 3);
    store<f32>(ranges, low);
    store<f32>(ranges, step, 4);
    const lows = f32x4.splat(low);
    const inverses = f32x4.splat(inverse);
    let to = load<u32>(p, CODES) + (((<usize>first >> 3)) * <usize>bits);
    for (let k = 0; k < count; k += 64) {
      philox32(scratch + RANDOM, <u32>(first + k) >> 3, load<u32>(p, KEY0), load<u32>(p, KEY1));
      let from = x + (<usize>k << 2);
      if (k + 64 > count) {
        memory.fill(scratch + PART, 0, 256);
        memory.copy(scratch + PART, from, <usize>(count - k) << 2);
        from = scratch + PART;
      }
      const q0 = sixteen(from, scratch + RANDOM, lows, inverses, top);
      const q1 = sixteen(from + 64, scratch + RANDOM + 32, lows, inverses, top);
      const q2 = sixteen(from + 128, scratch + RANDOM + 64, lows, inverses, top);
      const q3 = sixteen(from + 192, scratch + RANDOM + 96, lows, inverses, top);
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

/** 16 numbers to codes. */
// @ts-ignore: decorator
@inline
function sixteen(x: usize, random: usize, low: v128, inverse: v128, top: v128): v128 {
  const a = i16x8.narrow_i32x4_s(four(x, random, low, inverse, top), four(x + 16, random + 8, low, inverse, top));
  const b = i16x8.narrow_i32x4_s(four(x + 32, random + 16, low, inverse, top), four(x + 48, random + 24, low, inverse, top));
  return i8x16.narrow_i16x8_u(a, b);
}

/** floor((x - low) / step + (bits + 0.5) / 65536), from 0 to the largest code. */
// @ts-ignore: decorator
@inline
function four(x: usize, random: usize, low: v128, inverse: v128, top: v128): v128 {
  const draws = f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(v128.load64_zero(random)));
  const u = f32x4.mul(f32x4.add(draws, f32x4.splat(0.5)), f32x4.splat(1.52587890625e-5));
  const y = f32x4.add(f32x4.mul(f32x4.sub(v128.load(x), low), inverse), u);
  const whole = f32x4.floor(f32x4.pmax(f32x4.pmin(y, top), f32x4.splat(0)));
  // A whole number plus 2^23 is in the lowest bits.
  return i32x4.sub(f32x4.add(whole, f32x4.splat(8388608)), i32x4.splat(0x4b000000));
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

// @ts-ignore: decorator
@inline
function restore16(codes: v128, low: v128, step: v128, to: usize): void {
  const a = i16x8.extend_low_i8x16_u(codes);
  const b = i16x8.extend_high_i8x16_u(codes);
  v128.store(to, f32x4.add(low, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(a)), step)));
  v128.store(to, f32x4.add(low, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(a)), step)), 16);
  v128.store(to, f32x4.add(low, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(b)), step)), 32);
  v128.store(to, f32x4.add(low, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(b)), step)), 48);
}
