/**
 * f32-dropout: y[i] = 0 where word i of a key's random stream is below a threshold, else scale·x[i]. The words are made
 * on the way, so that the mask needs no memory, and its gradient is the same kernel over dy.
 */
import { philox32 } from '../simd/philox';

/** Elements of a work item. */
const ITEM: i32 = 4096;

// Parameters, as words.
const X: usize = 0;
const TO: usize = 4;
const COUNT: usize = 8;
const KEY0: usize = 12;
const KEY1: usize = 16;
const THRESHOLD: usize = 20;
const SCALE: usize = 24;

/** Work items: ITEM elements. */
export function f32_dropout(p: usize, begin: i32, end: i32, scratch: usize): void {
  const first = begin * ITEM;
  const count = min(end * ITEM, load<i32>(p, COUNT));
  let x = <usize>load<u32>(p, X) + (<usize>first << 2);
  let to = <usize>load<u32>(p, TO) + (<usize>first << 2);
  const key0 = load<u32>(p, KEY0);
  const key1 = load<u32>(p, KEY1);
  const threshold = load<u32>(p, THRESHOLD);
  const factor = load<f32>(p, SCALE);
  const least = i32x4.splat(threshold);
  const scale = f32x4.splat(factor);
  let i = first;
  for (; i + 32 <= count; i += 32) {
    philox32(scratch, i >> 2, key0, key1);
    for (let at: usize = 0; at < 128; at += 32) {
      const low = v128.and(v128.ge<u32>(v128.load(scratch + at), least), f32x4.mul(v128.load(x + at), scale));
      const high = v128.and(v128.ge<u32>(v128.load(scratch + at, 16), least), f32x4.mul(v128.load(x + at, 16), scale));
      v128.store(to + at, low);
      v128.store(to + at, high, 16);
    }
    x += 128;
    to += 128;
  }
  if (i < count) philox32(scratch, i >> 2, key0, key1);
  for (let word = scratch; i < count; i++) {
    store<f32>(to, load<u32>(word) < threshold ? 0 : load<f32>(x) * factor);
    word += 4;
    x += 4;
    to += 4;
  }
}
