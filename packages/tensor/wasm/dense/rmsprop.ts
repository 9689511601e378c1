/**
 * f32-rmsprop: RMSprop in place, one pass. g = g + decay·w; s = a·s + (1 - a)·g²; m = a·m + (1 - a)·g; step = g / (sqrt(s - m²)
 * + epsilon); b = momentum·b + step; w -= rate·b. Without MEAN m is 0, without BUFFER b is the step.
 */
import { madd } from '../simd/madd';

/** Elements of a work item. */
const ITEM: i32 = 4096;

// Parameters, as words; MEAN and BUFFER are 0 where there is none.
const W: usize = 0;
const G: usize = 4;
const SQUARE: usize = 8;
const MEAN: usize = 12;
const BUFFER: usize = 16;
const COUNT: usize = 20;
const RATE: usize = 24;
const DECAY: usize = 28;
const KEEP: usize = 32;
const FRESH: usize = 36;
const EPSILON: usize = 40;
const MOMENTUM: usize = 44;

/** Work items: ITEM elements. */
export function f32_rmsprop(p: usize, begin: i32, end: i32, scratch: usize): void {
  const offset = (<usize>begin * ITEM) << 2;
  const bytes = <usize>(min(end * ITEM, load<i32>(p, COUNT)) - begin * ITEM) << 2;
  const w = <usize>load<u32>(p, W) + offset;
  const g = <usize>load<u32>(p, G) + offset;
  const s = <usize>load<u32>(p, SQUARE) + offset;
  const centered = load<u32>(p, MEAN) != 0;
  const moving = load<u32>(p, BUFFER) != 0;
  const m = <usize>load<u32>(p, MEAN) + offset;
  const b = <usize>load<u32>(p, BUFFER) + offset;
  let j: usize = 0;
  for (; j + 16 <= bytes; j += 16) {
    const old = v128.load(w + j);
    const d = madd(f32x4.splat(load<f32>(p, DECAY)), old, v128.load(g + j));
    const square = squareOf(p, v128.load(s + j), d);
    v128.store(s + j, square);
    let variance = square;
    if (centered) {
      const mean = meanOf(p, v128.load(m + j), d);
      v128.store(m + j, mean);
      variance = f32x4.sub(square, f32x4.mul(mean, mean));
    }
    let step = f32x4.div(d, f32x4.add(f32x4.sqrt(variance), f32x4.splat(load<f32>(p, EPSILON))));
    if (moving) {
      step = madd(f32x4.splat(load<f32>(p, MOMENTUM)), v128.load(b + j), step);
      v128.store(b + j, step);
    }
    v128.store(w + j, f32x4.sub(old, f32x4.mul(f32x4.splat(load<f32>(p, RATE)), step)));
  }
  for (; j < bytes; j += 4) {
    const old = v128.load32_zero(w + j);
    const d = madd(f32x4.splat(load<f32>(p, DECAY)), old, v128.load32_zero(g + j));
    const square = squareOf(p, v128.load32_zero(s + j), d);
    v128.store32_lane(s + j, square, 0);
    let variance = square;
    if (centered) {
      const mean = meanOf(p, v128.load32_zero(m + j), d);
      v128.store32_lane(m + j, mean, 0);
      variance = f32x4.sub(square, f32x4.mul(mean, mean));
    }
    let step = f32x4.div(d, f32x4.add(f32x4.sqrt(variance), f32x4.splat(load<f32>(p, EPSILON))));
    if (moving) {
      step = madd(f32x4.splat(load<f32>(p, MOMENTUM)), v128.load32_zero(b + j), step);
      v128.store32_lane(b + j, step, 0);
    }
    v128.store32_lane(w + j, f32x4.sub(old, f32x4.mul(f32x4.splat(load<f32>(p, RATE)), step)), 0);
  }
}

// @ts-ignore: decorator
@inline
function squareOf(p: usize, before: v128, g: v128): v128 {
  return madd(f32x4.splat(load<f32>(p, KEEP)), before, f32x4.mul(f32x4.splat(load<f32>(p, FRESH)), f32x4.mul(g, g)));
}
// @ts-ignore: decorator
@inline
function meanOf(p: usize, before: v128, g: v128): v128 {
  return madd(f32x4.splat(load<f32>(p, KEEP)), before, f32x4.mul(f32x4.splat(load<f32>(p, FRESH)), g));
}
