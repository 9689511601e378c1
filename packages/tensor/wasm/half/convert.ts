/** Between float32 and the numbers of 16 bits that tensors are stored as. Work items: ITEM elements. */
import { narrowBfloat16, narrowFloat16 } from '../simd/half';
import { FLOAT16, widenRows, writeWidenConstants } from '../dense/widen-rows';

/** Elements of a work item. */
const ITEM: i32 = 8192;

// Parameters, as words.
const X: usize = 0;
const TO: usize = 4;
const COUNT: usize = 8;

/** Scratch for the last few elements: what is read, and what is written. */
const FROM: usize = 128;
const RESULT: usize = 192;

// @ts-ignore: decorator
@inline
function count(p: usize, begin: i32, end: i32): i32 {
  return min(end * ITEM, load<i32>(p, COUNT)) - begin * ITEM;
}

export function f16_from_f32(p: usize, begin: i32, end: i32, scratch: usize): void {
  narrowItems(p, begin, end, scratch, true);
}
export function bf16_from_f32(p: usize, begin: i32, end: i32, scratch: usize): void {
  narrowItems(p, begin, end, scratch, false);
}

// @ts-ignore: decorator
@inline
function narrowItems(p: usize, begin: i32, end: i32, scratch: usize, float16: bool): void {
  let x = <usize>load<u32>(p, X) + (<usize>(begin * ITEM) << 2);
  let to = <usize>load<u32>(p, TO) + (<usize>(begin * ITEM) << 1);
  const all = count(p, begin, end);
  const rest = all & 7;
  const whole = to + (<usize>(all - rest) << 1);
  // The last few by way of scratch.
  memory.copy(scratch + FROM, x + (<usize>(all - rest) << 2), <usize>rest << 2);
  for (let last = false; ; last = true) {
    const past = last ? to + 16 : whole;
    for (; to < past; to += 16) {
      const a = v128.load(x);
      const b = v128.load(x, 16);
      v128.store(to, i16x8.narrow_i32x4_u(float16 ? narrowFloat16(a) : narrowBfloat16(a), float16 ? narrowFloat16(b) : narrowBfloat16(b)));
      x += 32;
    }
    if (last) break;
    x = scratch + FROM;
    to = scratch + RESULT;
  }
  memory.copy(whole, scratch + RESULT, <usize>rest << 1);
}

export function f32_from_f16(p: usize, begin: i32, end: i32, scratch: usize): void {
  widenItems(p, begin, end, scratch, FLOAT16);
}
export function f32_from_bf16(p: usize, begin: i32, end: i32, scratch: usize): void {
  widenItems(p, begin, end, scratch, 0);
}

function widenItems(p: usize, begin: i32, end: i32, scratch: usize, stored: i32): void {
  writeWidenConstants(scratch);
  const x = <usize>load<u32>(p, X) + (<usize>(begin * ITEM) << 1);
  const to = <usize>load<u32>(p, TO) + (<usize>(begin * ITEM) << 2);
  widenRows(x, 0, 1, count(p, begin, end), to, 0, stored, scratch);
}
