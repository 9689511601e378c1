/** f32-axpy: y += a·x in place. */
import { madd } from '../simd/madd';

/** Elements of a work item. */
const ITEM: i32 = 4096;

// Parameters, as words.
const Y: usize = 0;
const X: usize = 4;
const COUNT: usize = 8;
const A: usize = 12;

/** Work items: ITEM elements. */
export function f32_axpy(p: usize, begin: i32, end: i32, scratch: usize): void {
  const offset = (<usize>begin * ITEM) << 2;
  let y = <usize>load<u32>(p, Y) + offset;
  let x = <usize>load<u32>(p, X) + offset;
  const past = y + (<usize>(min(end * ITEM, load<i32>(p, COUNT)) - begin * ITEM) << 2);
  const a = f32x4.splat(load<f32>(p, A));
  for (; y + 32 <= past; y += 32) {
    const y0 = madd(a, v128.load(x), v128.load(y));
    const y1 = madd(a, v128.load(x, 16), v128.load(y, 16));
    v128.store(y, y0);
    v128.store(y, y1, 16);
    x += 32;
  }
  for (; y < past; y += 4) {
    v128.store32_lane(y, madd(a, v128.load32_zero(x), v128.load32_zero(y)), 0);
    x += 4;
  }
}
