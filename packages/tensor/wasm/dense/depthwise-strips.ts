/**
 * f32-depthwise in strips: the same as f32_depthwise for windows over flat images, fast.
 *
 * A work item is some rows of an image's windows and some blocks of 16 channels, a line of the cache. A block's part of the rows that the windows
 * meet is copied into scratch with zeros around, pixel after pixel: then every window has all its taps, at the same places
 * from its beginning.
 */
import { madd } from '../simd/madd';
import { finishRow } from './epilogue';
import { C, H, OH, OUT_IMAGE, OUT_PIXEL, OUT_ROW, OW, OWN, SX, SY, TAP_BYTES, TAP_COUNT, TAP_FILTER, TAP_X, TAP_Y, TAPS, TO, W, X, X_LEAST, X_MOST, Y_LEAST, Y_MOST } from './conv-windows';

// Parameters after those of the windows, as words.
const FILTER: usize = OWN;
const BIAS: usize = OWN + 4;
const ACTIVATION: usize = OWN + 8;
const SLOPE: usize = OWN + 12;
/** Rows of windows of a work item, and work items that share an image's rows. */
const ROWS: usize = OWN + 24;
const STRIPS: usize = OWN + 28;
/** Blocks of channels of a work item, and work items that share them. */
const BLOCKS: usize = OWN + 32;
const GROUPS: usize = OWN + 36;
/** Whether the taps are three neighbours in each of three rows. */
const NINE: usize = OWN + 40;

/** The activation that isn't a pair of bounds. */
const LEAKY: i32 = 3;

const BLOCK: i32 = 16;
const BLOCK_BYTES: usize = 64;
/** Bytes of a vector in the wide tier. */
const HALF: usize = 32;
/** Scratch: the block's bias, the least and the greatest output, what doesn't fill a block, each tap's place, its weights, the copied rows. */
const LEAST: usize = 64;
const MOST: usize = 96;
const LAST: usize = 128;
const PLACES: usize = 192;
const WEIGHTS: usize = 8 * 1024;
const IMAGE: usize = 80 * 1024;

export function f32_depthwise_strips(p: usize, begin: i32, end: i32, scratch: usize): void {
  const channels = load<i32>(p, C);
  const oh = load<i32>(p, OH);
  const rows = load<i32>(p, ROWS);
  const strips = load<i32>(p, STRIPS);
  const blocks = load<i32>(p, BLOCKS);
  const groups = load<i32>(p, GROUPS);
  const all = (channels + BLOCK - 1) / BLOCK;
  const bias = <usize>load<u32>(p, BIAS);
  const pitch = <usize>((load<i32>(p, OW) - 1) * load<i32>(p, SX) + load<i32>(p, X_MOST) - load<i32>(p, X_LEAST) + 1) * BLOCK_BYTES;
  writePlaces(p, scratch, pitch);
  writeBounds(load<i32>(p, ACTIVATION), scratch);
  for (let item = begin; item < end; item++) {
    const strip = item / groups;
    const group = item - strip * groups;
    const image = strip / strips;
    const first = (strip - image * strips) * rows;
    const count = min(rows, oh - first);
    const past = min(all, (group + 1) * blocks);
    for (let block = group * blocks; block < past; block++) {
      const channel = block * BLOCK;
      const there = min(BLOCK, channels - channel);
      copyRows(p, image, first, count, channel, there, pitch, scratch + IMAGE);
      writeWeights(p, channel, there, scratch);
      copyBlock(scratch, bias == 0 ? 0 : bias + (<usize>channel << 2), bias == 0 ? 0 : there);
      computeRows(p, image, first, count, channel, there, pitch, scratch);
    }
  }
}

/** Of the activations that are bounds. */
function writeBounds(activation: i32, scratch: usize): void {
  const least = f32x4.splat(activation == 1 || activation == 2 ? 0 : -Infinity);
  const most = f32x4.splat(activation == 2 ? 6 : Infinity);
  for (let i: usize = 0; i < HALF; i += 16) {
    v128.store(scratch + i, least, LEAST);
    v128.store(scratch + i, most, MOST);
  }
}

/** Where each tap is from its window's beginning, in bytes. */
function writePlaces(p: usize, scratch: usize, pitch: usize): void {
  const taps = <usize>load<u32>(p, TAPS);
  const count = load<i32>(p, TAP_COUNT);
  for (let t = 0; t < count; t++) {
    const tap = taps + <usize>t * TAP_BYTES;
    const y = load<i32>(tap, TAP_Y) - load<i32>(p, Y_LEAST);
    const x = load<i32>(tap, TAP_X) - load<i32>(p, X_LEAST);
    store<u32>(scratch + PLACES + (<usize>t << 2), <u32>(<usize>y * pitch + <usize>x * BLOCK_BYTES));
  }
}

function writeWeights(p: usize, channel: i32, there: i32, scratch: usize): void {
  const taps = <usize>load<u32>(p, TAPS);
  const count = load<i32>(p, TAP_COUNT);
  const channels = load<i32>(p, C);
  for (let t = 0; t < count; t++) {
    const from = load<i32>(taps + <usize>t * TAP_BYTES, TAP_FILTER) * channels + channel;
    copyBlock(scratch + WEIGHTS + <usize>t * BLOCK_BYTES, <usize>load<u32>(p, FILTER) + (<usize>from << 2), there);
  }
}

/** Copies a block, of which some channels may be missing, which become zeros. */
// @ts-ignore: decorator
@inline
function copyBlock(to: usize, from: usize, there: i32): void {
  if (there == BLOCK) {
    // All read before anything is written: only so are they joined in the wide tier.
    const a = v128.load(from);
    const b = v128.load(from, 16);
    const c = v128.load(from, 32);
    const d = v128.load(from, 48);
    v128.store(to, a);
    v128.store(to, b, 16);
    v128.store(to, c, 32);
    v128.store(to, d, 48);
    return;
  }
  clear(to, to + BLOCK_BYTES);
  for (let i: usize = 0; i < <usize>there << 2; i += 4) store<f32>(to + i, load<f32>(from + i));
}

/** For a few pixels faster than to call the engine's. */
function clear(from: usize, past: usize): void {
  for (; from < past; from += BLOCK_BYTES) {
    v128.store(from, f32x4.splat(0));
    v128.store(from, f32x4.splat(0), 16);
    v128.store(from, f32x4.splat(0), 32);
    v128.store(from, f32x4.splat(0), 48);
  }
}

function copyRows(p: usize, image: i32, first: i32, count: i32, channel: i32, there: i32, pitch: usize, to: usize): void {
  const width = load<i32>(p, W);
  const height = load<i32>(p, H);
  const step = <usize>load<u32>(p, C) << 2;
  const least = load<i32>(p, X_LEAST);
  const columns = <i32>(pitch / BLOCK_BYTES);
  const left = min(columns, max(0, -least));
  const right = max(left, min(columns, width - least));
  const top = first * load<i32>(p, SY) + load<i32>(p, Y_LEAST);
  const rows = (count - 1) * load<i32>(p, SY) + load<i32>(p, Y_MOST) - load<i32>(p, Y_LEAST) + 1;
  const x = <usize>load<u32>(p, X);
  for (let y = top; y < top + rows; y++) {
    if (<u32>y >= <u32>height) clear(to, to + pitch);
    else {
      clear(to, to + <usize>left * BLOCK_BYTES);
      let from = x + <usize>((image * height + y) * width + least + left) * step + (<usize>channel << 2);
      const past = to + <usize>right * BLOCK_BYTES;
      for (let at = to + <usize>left * BLOCK_BYTES; at < past; at += BLOCK_BYTES) {
        copyBlock(at, from, there);
        from += step;
      }
      clear(past, to + pitch);
    }
    to += pitch;
  }
}

function computeRows(p: usize, image: i32, first: i32, count: i32, channel: i32, there: i32, pitch: usize, scratch: usize): void {
  const windows = load<i32>(p, OW);
  const step = <usize>load<u32>(p, SX) * BLOCK_BYTES;
  const outStep = <usize>load<u32>(p, OUT_PIXEL) << 2;
  const nine = load<i32>(p, NINE) != 0;
  const taps = load<i32>(p, TAP_COUNT);
  const down = <usize>load<u32>(p, SY) * pitch;
  let x = scratch + IMAGE;
  for (let row = first; row < first + count; row++) {
    const to = <usize>load<u32>(p, TO) + (<usize>(image * load<i32>(p, OUT_IMAGE) + row * load<i32>(p, OUT_ROW) + channel) << 2);
    for (let half: usize = 0; half < BLOCK_BYTES; half += HALF) {
      const left = there - <i32>(half >> 2);
      const whole = left >= 8 ? windows : 0;
      if (nine) nineTaps(x + half, pitch, step, to + half, outStep, whole, scratch, half);
      else anyTaps(x + half, taps, step, to + half, outStep, whole, scratch, half);
      if (left <= 0 || whole > 0) continue;
      for (let i: usize = 0; i < <usize>windows; i++) {
        anyTaps(x + half + i * step, taps, step, scratch + LAST, HALF, 1, scratch, half);
        const at = to + half + i * outStep;
        for (let j: usize = 0; j < <usize>left << 2; j += 4) store<f32>(at + j, load<f32>(scratch + LAST + j));
      }
    }
    if (load<i32>(p, ACTIVATION) == LEAKY) {
      for (let i: usize = 0; i < <usize>windows; i++) finishRow(to + i * outStep, there, 0, LEAKY, load<f32>(p, SLOPE));
    }
    x += down;
  }
}

/** NaN stays NaN. */
// @ts-ignore: decorator
@inline
function clamp(y: v128, scratch: usize): v128 {
  return f32x4.pmin(f32x4.pmax(y, v128.load(scratch, LEAST)), v128.load(scratch, MOST));
}

/** A row of windows of three by three taps, whose weights stay in registers. */
function nineTaps(x: usize, pitch: usize, step: usize, to: usize, outStep: usize, count: i32, scratch: usize, half: usize): void {
  const w = scratch + WEIGHTS + half;
  const bias = scratch + half;
  const w0 = v128.load(w, 0), v0 = v128.load(w, 16);
  const w1 = v128.load(w, 64), v1 = v128.load(w, 80);
  const w2 = v128.load(w, 128), v2 = v128.load(w, 144);
  const w3 = v128.load(w, 192), v3 = v128.load(w, 208);
  const w4 = v128.load(w, 256), v4 = v128.load(w, 272);
  const w5 = v128.load(w, 320), v5 = v128.load(w, 336);
  const w6 = v128.load(w, 384), v6 = v128.load(w, 400);
  const w7 = v128.load(w, 448), v7 = v128.load(w, 464);
  const w8 = v128.load(w, 512), v8 = v128.load(w, 528);
  let x1 = x + pitch;
  let x2 = x1 + pitch;
  for (let i = 0; i < count; i++) {
// A sum for each row of taps, which don't wait for each other.
    let a = madd(v128.load(x), w0, v128.load(bias));
    let b = madd(v128.load(x, 16), v0, v128.load(bias, 16));
    let c = f32x4.mul(v128.load(x1), w3);
    let d = f32x4.mul(v128.load(x1, 16), v3);
    let e = f32x4.mul(v128.load(x2), w6);
    let f = f32x4.mul(v128.load(x2, 16), v6);
    a = madd(v128.load(x, 64), w1, a);
    b = madd(v128.load(x, 80), v1, b);
    c = madd(v128.load(x1, 64), w4, c);
    d = madd(v128.load(x1, 80), v4, d);
    e = madd(v128.load(x2, 64), w7, e);
    f = madd(v128.load(x2, 80), v7, f);
    a = madd(v128.load(x, 128), w2, a);
    b = madd(v128.load(x, 144), v2, b);
    c = madd(v128.load(x1, 128), w5, c);
    d = madd(v128.load(x1, 144), v5, d);
    e = madd(v128.load(x2, 128), w8, e);
    f = madd(v128.load(x2, 144), v8, f);
    a = f32x4.add(a, f32x4.add(c, e));
    b = f32x4.add(b, f32x4.add(d, f));
    a = clamp(a, scratch);
    b = clamp(b, scratch);
    v128.store(to, a);
    v128.store(to, b, 16);
    x += step;
    x1 += step;
    x2 += step;
    to += outStep;
  }
}

/** A row of windows of any taps, two at once. */
function anyTaps(x: usize, taps: i32, step: usize, to: usize, outStep: usize, count: i32, scratch: usize, half: usize): void {
  const places = scratch + PLACES;
  const past = places + (<usize>taps << 2);
  for (; count > 0; count -= 2) {
    let a0 = v128.load(scratch + half);
    let b0 = v128.load(scratch + half, 16);
    let a1 = a0;
    let b1 = b0;
    let w = scratch + WEIGHTS + half;
    // The last one may be alone: it is computed twice.
    const next = count > 1 ? step : 0;
    for (let place = places; place < past; place += 4) {
      const wa = v128.load(w);
      const wb = v128.load(w, 16);
      const from = x + <usize>load<u32>(place);
      a0 = madd(v128.load(from), wa, a0);
      b0 = madd(v128.load(from, 16), wb, b0);
      a1 = madd(v128.load(from + next), wa, a1);
      b1 = madd(v128.load(from + next, 16), wb, b1);
      w += BLOCK_BYTES;
    }
    a0 = clamp(a0, scratch);
    b0 = clamp(b0, scratch);
    a1 = clamp(a1, scratch);
    b1 = clamp(b1, scratch);
    v128.store(to, a0);
    v128.store(to, b0, 16);
    if (count > 1) to += outStep;
    v128.store(to, a1);
    v128.store(to, b1, 16);
    to += outStep;
    x += step << 1;
  }
}
