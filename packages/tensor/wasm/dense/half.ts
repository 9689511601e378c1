/** Between float32 and the numbers of 16 bits that tensors are stored as. Work items: ITEM elements. */
import { narrowBfloat16, narrowFloat16, widenBfloat16, widenFloat16, writeHalfConstants } from '../simd/half';

/** Elements of a work item. */
const ITEM: i32 = 8192;

// Parameters, as words.
const X: usize = 0;
const TO: usize = 4;
const COUNT: usize = 8;

/** Scratch beside the constants for the last few elements: what is read, and what is written. */
const FROM: usize = 128;
const RESULT: usize = 192;

// @ts-ignore: decorator
@inline
function count(p: usize, begin: i32, end: i32): i32 {
  return min(end * ITEM, load<i32>(p, COUNT)) - begin * ITEM;
}

export function f16_from_f32(p: usize, begin: i32, end: i32, scratch: usize): void {
  let x = <usize>load<u32>(p, X) + (<usize>(begin * ITEM) << 2);
  let to = <usize>load<u32>(p, TO) + (<usize>(begin * ITEM) << 1);
  let left = count(p, begin, end);
  for (; left >= 8; left -= 8) {
    v128.store(to, i16x8.narrow_i32x4_u(narrowFloat16(v128.load(x)), narrowFloat16(v128.load(x, 16))));
    x += 32;
    to += 16;
  }
  if (left == 0) return;
  memory.copy(scratch + FROM, x, <usize>left << 2);
  const from = scratch + FROM;
  v128.store(scratch + RESULT, i16x8.narrow_i32x4_u(narrowFloat16(v128.load(from)), narrowFloat16(v128.load(from, 16))));
  memory.copy(to, scratch + RESULT, <usize>left << 1);
}

export function bf16_from_f32(p: usize, begin: i32, end: i32, scratch: usize): void {
  let x = <usize>load<u32>(p, X) + (<usize>(begin * ITEM) << 2);
  let to = <usize>load<u32>(p, TO) + (<usize>(begin * ITEM) << 1);
  let left = count(p, begin, end);
  for (; left >= 8; left -= 8) {
    v128.store(to, i16x8.narrow_i32x4_u(narrowBfloat16(v128.load(x)), narrowBfloat16(v128.load(x, 16))));
    x += 32;
    to += 16;
  }
  if (left == 0) return;
  memory.copy(scratch + FROM, x, <usize>left << 2);
  const from = scratch + FROM;
  v128.store(scratch + RESULT, i16x8.narrow_i32x4_u(narrowBfloat16(v128.load(from)), narrowBfloat16(v128.load(from, 16))));
  memory.copy(to, scratch + RESULT, <usize>left << 1);
}

export function f32_from_f16(p: usize, begin: i32, end: i32, k: usize): void {
  let x = <usize>load<u32>(p, X) + (<usize>(begin * ITEM) << 1);
  let to = <usize>load<u32>(p, TO) + (<usize>(begin * ITEM) << 2);
  let left = count(p, begin, end);
  writeHalfConstants(k);
  for (; left >= 8; left -= 8) {
    const codes = v128.load(x);
    v128.store(to, widenFloat16(i32x4.extend_low_i16x8_u(codes), k));
    v128.store(to, widenFloat16(i32x4.extend_high_i16x8_u(codes), k), 16);
    x += 16;
    to += 32;
  }
  for (; left > 0; left--) {
    v128.store32_lane(to, widenFloat16(i32x4.splat(load<u16>(x)), k), 0);
    x += 2;
    to += 4;
  }
}

export function f32_from_bf16(p: usize, begin: i32, end: i32, scratch: usize): void {
  let x = <usize>load<u32>(p, X) + (<usize>(begin * ITEM) << 1);
  let to = <usize>load<u32>(p, TO) + (<usize>(begin * ITEM) << 2);
  let left = count(p, begin, end);
  for (; left >= 8; left -= 8) {
    const codes = v128.load(x);
    v128.store(to, widenBfloat16(i32x4.extend_low_i16x8_u(codes)));
    v128.store(to, widenBfloat16(i32x4.extend_high_i16x8_u(codes)), 16);
    x += 16;
    to += 32;
  }
  for (; left > 0; left--) {
    store<u32>(to, <u32>load<u16>(x) << 16);
    x += 2;
    to += 4;
  }
}
