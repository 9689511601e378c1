/** f32-adagrad: Adagrad in place, one pass. g = g + decay·w; s = s + g²; w -= rate·g / (sqrt(s) + epsilon). */
import { madd } from '../simd/madd';

/** Elements of a work item. */
const ITEM: i32 = 4096;

// Parameters, as words.
const W: usize = 0;
const G: usize = 4;
const SQUARE: usize = 8;
const COUNT: usize = 12;
const RATE: usize = 16;
const DECAY: usize = 20;
const EPSILON: usize = 24;

/** Work items: ITEM elements. */
export function f32_adagrad(p: usize, begin: i32, end: i32, scratch: usize): void {
  const offset = (<usize>begin * ITEM) << 2;
  const bytes = <usize>(min(end * ITEM, load<i32>(p, COUNT)) - begin * ITEM) << 2;
  const w = <usize>load<u32>(p, W) + offset;
  const g = <usize>load<u32>(p, G) + offset;
  const s = <usize>load<u32>(p, SQUARE) + offset;
  const rate = f32x4.splat(load<f32>(p, RATE));
  const decay = f32x4.splat(load<f32>(p, DECAY));
  const epsilon = f32x4.splat(load<f32>(p, EPSILON));
  let j: usize = 0;
  for (; j + 32 <= bytes; j += 32) {
    const w0 = v128.load(w + j);
    const w1 = v128.load(w + j, 16);
    const g0 = madd(decay, w0, v128.load(g + j));
    const g1 = madd(decay, w1, v128.load(g + j, 16));
    const s0 = madd(g0, g0, v128.load(s + j));
    const s1 = madd(g1, g1, v128.load(s + j, 16));
    const r0 = f32x4.sub(w0, f32x4.div(f32x4.mul(rate, g0), f32x4.add(f32x4.sqrt(s0), epsilon)));
    const r1 = f32x4.sub(w1, f32x4.div(f32x4.mul(rate, g1), f32x4.add(f32x4.sqrt(s1), epsilon)));
    v128.store(s + j, s0);
    v128.store(s + j, s1, 16);
    v128.store(w + j, r0);
    v128.store(w + j, r1, 16);
  }
  for (; j < bytes; j += 4) {
    const w0 = v128.load32_zero(w + j);
    const g0 = madd(decay, w0, v128.load32_zero(g + j));
    const s0 = madd(g0, g0, v128.load32_zero(s + j));
    v128.store32_lane(s + j, s0, 0);
    v128.store32_lane(w + j, f32x4.sub(w0, f32x4.div(f32x4.mul(rate, g0), f32x4.add(f32x4.sqrt(s0), epsilon))), 0);
  }
}
