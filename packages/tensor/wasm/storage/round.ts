/**
 * round: float32 numbers to the nearest number of a smaller floating-point format, ties to even, still stored as float32; with what happened
 * counted. And the same of blocks that share a power of two (microscaling).
 *
 * A normal number's bits are rounded as an integer; a number below the format's least normal one becomes a multiple of the least by adding
 * and taking away 1.5·2^23 of it.
 */
import { philox32 } from '../simd/philox';

// Parameters, as words.
const X: usize = 0;
const TO: usize = 4;
const COUNT: usize = 8;
/** What results are multiplied by, f32. */
const AFTER: usize = 12;
/**
 * i32 finite numbers that became infinite, NaN or the largest; i32 numbers other than 0 that became 0; the bits of the largest size; i32 numbers
 * that weren't finite and still aren't. All are added to.
 */
const COUNTS: usize = 16;
/** Half of the last bit kept, less 1; that bit; the bits kept. */
const HALF: usize = 20;
const UNIT: usize = 24;
const MASK: usize = 28;
const ANCHOR: usize = 32;
const LEAST_NORMAL: usize = 36;
const MOST: usize = 40;
/** What is beyond MOST. */
const BEYOND: usize = 44;
/** -0, or 0 where the format has no -0. */
const ZERO: usize = 48;
/** Bits of the largest number that becomes 0. */
const VANISHING: usize = 52;
/** What infinity and NaN become. */
const INFINITE: usize = 56;
const ODD: usize = 60;
/** Blocks: numbers of a row, of a block, and the exponent of MOST. */
const WIDTH: usize = 64;
const BLOCK: usize = 68;
const EXPONENT: usize = 72;
/** Of random rounding: the key, and what the last bit kept is in f32. */
const KEY0: usize = 64;
const KEY1: usize = 68;
const SPAN: usize = 72;
const LEAST: usize = 76;

/** Elements of a work item that isn't a row. */
const ITEM: i32 = 4096;

/** Scratch: counts of eight lanes each, the last few numbers before and after. */
const OVER: usize = 0;
const UNDER: usize = 32;
const LARGEST: usize = 64;
const FROM: usize = 96;
const RESULT: usize = 128;
/** 16 random bits a number. */
const DRAWS: usize = 192;

const SIGN: i32 = 0x80000000;
const INFINITY_BITS: i32 = 0x7f800000;

/** Work items: ITEM numbers. */
export function f32_round(p: usize, begin: i32, end: i32, scratch: usize): void {
  items(p, begin, end, scratch, false);
}

/**
 * Work items: ITEM numbers. Up or down at random, so that the mean is right: number i by the 16 random bits i of the key's stream, so that results
 * don't depend on threads or tiers.
 */
export function f32_round_random(p: usize, begin: i32, end: i32, scratch: usize): void {
  items(p, begin, end, scratch, true);
}

function items(p: usize, begin: i32, end: i32, scratch: usize, random: bool): void {
  let over = 0;
  let under = 0;
  let largest = 0;
  let odd = 0;
  for (let item = begin; item < end; item++) {
    const first = item * ITEM;
    const count = min(ITEM, load<i32>(p, COUNT) - first);
    const x = <usize>load<u32>(p, X) + (<usize>first << 2);
    const to = <usize>load<u32>(p, TO) + (<usize>first << 2);
    memory.fill(scratch, 0, FROM);
    if (random) {
      for (let k = 0; k < count; k += 64)
        philox32(scratch + DRAWS + (<usize>k << 1), <u32>(first + k) >> 3, load<u32>(p, KEY0), load<u32>(p, KEY1));
      roundRandom(p, x, to, count, scratch);
    } else roundFlat(p, x, to, count, scratch);
    over += sumOf(scratch + OVER);
    under += sumOf(scratch + UNDER);
    let own = mostOf(scratch + LARGEST);
    if (own >= INFINITY_BITS) {
      own = 0;
      for (let k: usize = 0; k < <usize>count << 2; k += 4) {
        const size = load<i32>(x + k) & ~SIGN;
        if (size < INFINITY_BITS) own = max(own, size);
        else {
          over -= <i32>countedAsBeyond(p, size, random ? load<u16>(scratch + (k >> 1), DRAWS) : 0, random);
          if (size == INFINITY_BITS) own = size;
          const value = size == INFINITY_BITS ? load<f32>(p, INFINITE) : load<f32>(p, ODD);
          odd += <i32>!(abs(value) < Infinity);
          store<f32>(to + k, (size == INFINITY_BITS && load<i32>(x + k) < 0 ? -value : value) * load<f32>(p, AFTER));
        }
      }
    }
    largest = max(largest, own);
  }
  count(p, over, under, largest, odd);
}

/** Whether rounding the bits of what isn't finite looked like an overflow. */
function countedAsBeyond(p: usize, size: i32, draw: u32, random: bool): bool {
  const unit = load<i32>(p, UNIT);
  const add = random
    ? <i32>((<f32>draw + 0.5) * 1.52587890625e-5 * load<f32>(p, SPAN))
    : load<i32>(p, HALF) + <i32>((size & unit) != 0);
  const rounded = (size + add) & load<i32>(p, MASK);
  return reinterpret<f32>(rounded) > load<f32>(p, MOST);
}

function roundFlat(p: usize, x: usize, to: usize, count: i32, scratch: usize): void {
  rounded(p, x, to, count, scratch, 1, 1, false, false);
}

function roundRandom(p: usize, x: usize, to: usize, count: i32, scratch: usize): void {
  rounded(p, x, to, count, scratch, 1, 1, false, true);
}

function roundBlock(p: usize, x: usize, to: usize, count: i32, scratch: usize, inverse: f32, power: f32): void {
  rounded(p, x, to, count, scratch, inverse, power, true, false);
}

// @ts-ignore: decorator
@inline
function rounded(p: usize, x: usize, to: usize, count: i32, scratch: usize, inverse: f32, power: f32, block: bool, random: bool): void {
  const sign = i32x4.splat(SIGN);
  const half = v128.load32_splat(p, HALF);
  const unit = v128.load32_splat(p, UNIT);
  const mask = v128.load32_splat(p, MASK);
  const anchor = v128.load32_splat(p, ANCHOR);
  const normal = v128.load32_splat(p, LEAST_NORMAL);
  const most = v128.load32_splat(p, MOST);
  const beyond = v128.load32_splat(p, BEYOND);
  const zero = v128.load32_splat(p, ZERO);
  const after = v128.load32_splat(p, AFTER);
  // 0 < size <= vanishing, by signed numbers.
  const shift = i32x4.splat(0x7fffffff);
  const vanishing = i32x4.splat(load<i32>(p, VANISHING) ^ SIGN);
  const inverses = f32x4.splat(inverse);
  const powers = f32x4.splat(power);
  const none = f32x4.splat(0);
  const span = v128.load32_splat(p, SPAN);
  const least = v128.load32_splat(p, LEAST);
  let draws = scratch + DRAWS;
  const rest = count & 7;
  const whole = to + (<usize>(count - rest) << 2);
  // The last few by way of scratch.
  if (rest != 0) {
    v128.store(scratch, none, FROM);
    v128.store(scratch, none, FROM + 16);
    memory.copy(scratch + FROM, x + (<usize>(count - rest) << 2), <usize>rest << 2);
  }
  let over0 = v128.load(scratch, OVER);
  let over1 = v128.load(scratch, OVER + 16);
  let under0 = v128.load(scratch, UNDER);
  let under1 = v128.load(scratch, UNDER + 16);
  let largest0 = v128.load(scratch, LARGEST);
  let largest1 = v128.load(scratch, LARGEST + 16);
  for (let last = false; ; last = true) {
    const past = last ? to + 32 : whole;
    for (; to < past; to += 32) {
      const x0 = v128.load(x);
      const x1 = v128.load(x, 16);
      const w0 = block ? f32x4.mul(x0, inverses) : x0;
      const w1 = block ? f32x4.mul(x1, inverses) : x1;
      const a0 = v128.andnot(w0, sign);
      const a1 = v128.andnot(w1, sign);
      const n0 = random ? either(a0, draws, span, mask, least, anchor, normal) : nearest(a0, half, unit, mask, anchor, normal);
      const n1 = random ? either(a1, draws + 8, span, mask, least, anchor, normal) : nearest(a1, half, unit, mask, anchor, normal);
      const o0 = f32x4.gt(n0, most);
      const o1 = f32x4.gt(n1, most);
      const r0 = v128.bitselect(beyond, n0, o0);
      const r1 = v128.bitselect(beyond, n1, o1);
      if (block || random) {
        under0 = i32x4.sub(under0, v128.and(f32x4.eq(r0, none), f32x4.ne(x0, none)));
        under1 = i32x4.sub(under1, v128.and(f32x4.eq(r1, none), f32x4.ne(x1, none)));
      } else {
        under0 = i32x4.sub(under0, i32x4.lt_s(i32x4.add(a0, shift), vanishing));
        under1 = i32x4.sub(under1, i32x4.lt_s(i32x4.add(a1, shift), vanishing));
      }
      // Elements of blocks saturate; only a whole block can overflow.
      if (!block) {
        over0 = i32x4.sub(over0, o0);
        over1 = i32x4.sub(over1, o1);
        largest0 = i32x4.max_s(largest0, a0);
        largest1 = i32x4.max_s(largest1, a1);
      }
      const s0 = f32x4.add(v128.or(r0, v128.and(w0, sign)), zero);
      const s1 = f32x4.add(v128.or(r1, v128.and(w1, sign)), zero);
      v128.store(to, f32x4.mul(block ? f32x4.mul(s0, powers) : s0, after));
      v128.store(to, f32x4.mul(block ? f32x4.mul(s1, powers) : s1, after), 16);
      x += 32;
      draws += 16;
    }
    if (last || rest == 0) break;
    x = scratch + FROM;
    to = scratch + RESULT;
  }
  v128.store(scratch, over0, OVER);
  v128.store(scratch, over1, OVER + 16);
  v128.store(scratch, under0, UNDER);
  v128.store(scratch, under1, UNDER + 16);
  v128.store(scratch, largest0, LARGEST);
  v128.store(scratch, largest1, LARGEST + 16);
  if (rest != 0) memory.copy(whole, scratch + RESULT, <usize>rest << 2);
}

// @ts-ignore: decorator
@inline
function nearest(a: v128, half: v128, unit: v128, mask: v128, anchor: v128, normal: v128): v128 {
  const odd = i32x4.eq(v128.and(a, unit), unit);
  const bits = v128.and(i32x4.sub(i32x4.add(a, half), odd), mask);
  const multiple = f32x4.sub(f32x4.add(a, anchor), anchor);
  return v128.bitselect(multiple, bits, f32x4.lt(a, normal));
}

/** Up with the probability by which the number is beyond the one below. */
// @ts-ignore: decorator
@inline
function either(a: v128, draws: usize, span: v128, mask: v128, least: v128, anchor: v128, normal: v128): v128 {
  const draw = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(v128.load64_zero(draws)));
  const u = f32x4.mul(f32x4.add(draw, f32x4.splat(0.5)), f32x4.splat(1.52587890625e-5));
  const bits = v128.and(i32x4.add(a, i32x4.trunc_sat_f32x4_s(f32x4.mul(u, span))), mask);
  const moved = f32x4.add(a, f32x4.mul(f32x4.sub(u, f32x4.splat(0.5)), least));
  const multiple = f32x4.sub(f32x4.add(moved, anchor), anchor);
  return v128.bitselect(multiple, bits, f32x4.lt(a, normal));
}

/** Work items: rows of WIDTH numbers, in blocks of BLOCK; a row's last may be shorter. */
export function f32_round_blocks(p: usize, begin: i32, end: i32, scratch: usize): void {
  const width = load<i32>(p, WIDTH);
  const block = load<i32>(p, BLOCK);
  let over = 0;
  let largest = 0;
  let odd = 0;
  memory.fill(scratch, 0, FROM);
  for (let row = begin; row < end; row++) {
    for (let k = 0; k < width; k += block) {
      const size = min(block, width - k);
      const at = (<usize>row * <usize>width + <usize>k) << 2;
      const x = <usize>load<u32>(p, X) + at;
      const to = <usize>load<u32>(p, TO) + at;
      const bits = largestBits(x, size);
      const exponent = (bits == 0 ? -126 : exponentOf(bits)) - load<i32>(p, EXPONENT);
      if (bits >= INFINITY_BITS || exponent > 127) {
        for (let j: usize = 0; j < <usize>size << 2; j += 4) {
          const own = load<i32>(x + j) & ~SIGN;
          over += <i32>(own < INFINITY_BITS);
          if (own <= INFINITY_BITS) largest = max(largest, own);
          store<f32>(to + j, NaN);
        }
        odd += size;
        continue;
      }
      largest = max(largest, bits);
      const shared = max(exponent, -127);
      roundBlock(p, x, to, size, scratch, powerOfTwo(-shared), powerOfTwo(shared));
    }
  }
  count(p, over, sumOf(scratch + UNDER), largest, odd);
}

function largestBits(x: usize, count: i32): i32 {
  const sign = i32x4.splat(SIGN);
  let largest = i32x4.splat(0);
  let k = 0;
  for (; k + 16 <= count; k += 16) {
    const at = x + (<usize>k << 2);
    const a = i32x4.max_s(v128.andnot(v128.load(at), sign), v128.andnot(v128.load(at, 16), sign));
    const b = i32x4.max_s(v128.andnot(v128.load(at, 32), sign), v128.andnot(v128.load(at, 48), sign));
    largest = i32x4.max_s(largest, i32x4.max_s(a, b));
  }
  for (; k < count; k++) largest = i32x4.max_s(largest, v128.andnot(v128.load32_splat(x + (<usize>k << 2)), sign));
  return max(
    max(i32x4.extract_lane(largest, 0), i32x4.extract_lane(largest, 1)),
    max(i32x4.extract_lane(largest, 2), i32x4.extract_lane(largest, 3)),
  );
}

/** ⌊log₂⌋ of the positive number of these bits. */
function exponentOf(bits: i32): i32 {
  return bits < 0x800000 ? -118 - clz(bits) : (bits >> 23) - 127;
}

/** 2^exponent, from -127 to 127. */
function powerOfTwo(exponent: i32): f32 {
  return reinterpret<f32>(exponent == -127 ? 0x400000 : (exponent + 127) << 23);
}

function sumOf(lanes: usize): i32 {
  const v = i32x4.add(v128.load(lanes), v128.load(lanes, 16));
  return i32x4.extract_lane(v, 0) + i32x4.extract_lane(v, 1) + i32x4.extract_lane(v, 2) + i32x4.extract_lane(v, 3);
}

function mostOf(lanes: usize): i32 {
  const v = i32x4.max_s(v128.load(lanes), v128.load(lanes, 16));
  return max(max(i32x4.extract_lane(v, 0), i32x4.extract_lane(v, 1)), max(i32x4.extract_lane(v, 2), i32x4.extract_lane(v, 3)));
}

/** Adds to what all threads counted. */
function count(p: usize, over: i32, under: i32, largest: i32, odd: i32): void {
  const counts = <usize>load<u32>(p, COUNTS);
  atomic.add<i32>(counts, over);
  atomic.add<i32>(counts, under, 4);
  atomic.add<i32>(counts, odd, 12);
  for (let seen = atomic.load<i32>(counts, 8); seen < largest;) {
    const before = atomic.cmpxchg<i32>(counts, seen, largest, 8);
    if (before == seen) break;
    seen = before;
  }
}
