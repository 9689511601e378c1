/**
 * f32-sgd: stochastic gradient descent in place, one pass. d = g + decay·w; with a velocity v = momentum·v + fresh·d and
 * the step is v, or d + momentum·v for Nesterov; without one it is d; then w -= rate·step.
 */
import { madd } from '../simd/madd';

/** Elements of a work item. */
const ITEM: i32 = 4096;

// Parameters, as words.
const W: usize = 0;
const G: usize = 4;
/** 0 if there is none. */
const V: usize = 8;
const COUNT: usize = 12;
const RATE: usize = 16;
const DECAY: usize = 20;
const MOMENTUM: usize = 24;
const FRESH: usize = 28;
const NESTEROV: usize = 32;

/** Work items: ITEM elements. */
export function f32_sgd(p: usize, begin: i32, end: i32, scratch: usize): void {
  const offset = (<usize>begin * ITEM) << 2;
  const count = min(end * ITEM, load<i32>(p, COUNT)) - begin * ITEM;
  const w = <usize>load<u32>(p, W) + offset;
  const g = <usize>load<u32>(p, G) + offset;
  const v = <usize>load<u32>(p, V);
  if (v == 0) plain(p, w, g, count);
  else if (load<i32>(p, NESTEROV) != 0) moving(p, w, g, v + offset, count, true);
  else moving(p, w, g, v + offset, count, false);
}

// @ts-ignore: decorator
@inline
function plain(p: usize, w: usize, g: usize, count: i32): void {
  const rate = f32x4.splat(-load<f32>(p, RATE));
  const decay = f32x4.splat(load<f32>(p, DECAY));
  const past = w + (<usize>count << 2);
  for (; w + 32 <= past; w += 32) {
    const w0 = v128.load(w);
    const w1 = v128.load(w, 16);
    const d0 = madd(decay, w0, v128.load(g));
    const d1 = madd(decay, w1, v128.load(g, 16));
    v128.store(w, madd(rate, d0, w0));
    v128.store(w, madd(rate, d1, w1), 16);
    g += 32;
  }
  for (; w < past; w += 4) {
    const w0 = v128.load32_zero(w);
    v128.store32_lane(w, madd(rate, madd(decay, w0, v128.load32_zero(g)), w0), 0);
    g += 4;
  }
}

// @ts-ignore: decorator
@inline
function moving(p: usize, w: usize, g: usize, v: usize, count: i32, nesterov: bool): void {
  const rate = f32x4.splat(-load<f32>(p, RATE));
  const decay = f32x4.splat(load<f32>(p, DECAY));
  const momentum = f32x4.splat(load<f32>(p, MOMENTUM));
  const fresh = f32x4.splat(load<f32>(p, FRESH));
  const past = w + (<usize>count << 2);
  for (; w + 32 <= past; w += 32) {
    const w0 = v128.load(w);
    const w1 = v128.load(w, 16);
    const d0 = madd(decay, w0, v128.load(g));
    const d1 = madd(decay, w1, v128.load(g, 16));
    const v0 = madd(momentum, v128.load(v), f32x4.mul(fresh, d0));
    const v1 = madd(momentum, v128.load(v, 16), f32x4.mul(fresh, d1));
    v128.store(v, v0);
    v128.store(v, v1, 16);
    v128.store(w, madd(rate, nesterov ? madd(momentum, v0, d0) : v0, w0));
    v128.store(w, madd(rate, nesterov ? madd(momentum, v1, d1) : v1, w1), 16);
    g += 32;
    v += 32;
  }
  for (; w < past; w += 4) {
    const w0 = v128.load32_zero(w);
    const d0 = madd(decay, w0, v128.load32_zero(g));
    const v0 = madd(momentum, v128.load32_zero(v), f32x4.mul(fresh, d0));
    v128.store32_lane(v, v0, 0);
    v128.store32_lane(w, madd(rate, nesterov ? madd(momentum, v0, d0) : v0, w0), 0);
    g += 4;
    v += 4;
  }
}
