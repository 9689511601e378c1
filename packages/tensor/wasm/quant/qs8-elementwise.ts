/** Sums of two 8-bit tensors, and functions of one by a table. */
import { bytes, limits } from './requantize';

/** Elements of a work item. */
const ITEM: i32 = 4096;

// Parameters, as words.
const A: usize = 0;
const B: usize = 4;
const TO: usize = 8;
const COUNT: usize = 12;
const A_UNSIGNED: usize = 16;
const A_ZERO: usize = 20;
const A_FACTOR: usize = 24;
const B_UNSIGNED: usize = 28;
const B_ZERO: usize = 32;
const B_FACTOR: usize = 36;
const ZERO: usize = 40;
const LEAST: usize = 44;
const MOST: usize = 48;
const UNSIGNED: usize = 52;

/** Scratch: what is left of both sides, then limits. */
const ENDS: usize = 32;

/** Work items: ITEM elements. round((a - aZero)·aFactor + (b - bZero)·bFactor) + zero. */
export function qs8_add(p: usize, begin: i32, end: i32, scratch: usize): void {
  const first = begin * ITEM;
  const count = min(end * ITEM, load<i32>(p, COUNT)) - first;
  let a = load<u32>(p, A) + first;
  let b = load<u32>(p, B) + first;
  let to = load<u32>(p, TO) + first;
  const aZero = i32x4.splat(load<i32>(p, A_ZERO));
  const bZero = i32x4.splat(load<i32>(p, B_ZERO));
  const aFactor = f32x4.splat(load<f32>(p, A_FACTOR));
  const bFactor = f32x4.splat(load<f32>(p, B_FACTOR));
  const aUnsigned = load<i32>(p, A_UNSIGNED) != 0;
  const bUnsigned = load<i32>(p, B_UNSIGNED) != 0;
  const unsigned = load<i32>(p, UNSIGNED) != 0;
  limits(scratch + ENDS, load<i32>(p, ZERO), load<i32>(p, LEAST), load<i32>(p, MOST));
  for (let k = 0; k < count; k += 16) {
    const width = min(16, count - k);
    let x = a;
    let y = b;
    if (width < 16) {
      memory.copy(scratch, a, width);
      memory.copy(scratch + 16, b, width);
      x = scratch;
      y = scratch + 16;
    }
    const s0 = f32x4.add(real(x, aUnsigned, aZero, aFactor), real(y, bUnsigned, bZero, bFactor));
    const s1 = f32x4.add(real(x + 4, aUnsigned, aZero, aFactor), real(y + 4, bUnsigned, bZero, bFactor));
    const s2 = f32x4.add(real(x + 8, aUnsigned, aZero, aFactor), real(y + 8, bUnsigned, bZero, bFactor));
    const s3 = f32x4.add(real(x + 12, aUnsigned, aZero, aFactor), real(y + 12, bUnsigned, bZero, bFactor));
    const sum = bytes(s0, s1, s2, s3, scratch + ENDS, unsigned);
    if (width == 16) v128.store(to, sum);
    else {
      v128.store(scratch, sum);
      memory.copy(to, scratch, width);
    }
    a += 16;
    b += 16;
    to += 16;
  }
}

// @ts-ignore: decorator
@inline
function real(at: usize, unsigned: bool, zero: v128, factor: v128): v128 {
  const v = v128.load32_zero(at);
  const w = unsigned ? i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v)) : i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v));
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.sub(w, zero)), factor);
}

/** Work items: ITEM elements. B is a table of 256 bytes, by the bits of each element. */
export function qs8_map(p: usize, begin: i32, end: i32, scratch: usize): void {
  const first = begin * ITEM;
  const count = min(end * ITEM, load<i32>(p, COUNT)) - first;
  const table = load<u32>(p, B);
  const a = load<u32>(p, A) + first;
  const to = load<u32>(p, TO) + first;
  for (let k: usize = 0; k < <usize>count; k++) store<u8>(to + k, load<u8>(table + load<u8>(a + k)));
}
