/**
 * quantize: floats to 8 bits and back: q = clamp(round(x / scale) + zero), the quotient a float32 rounded to the nearest, ties to even. Rows
 * and groups of rows can be quantized by their own extremes. NaN, and infinity where extremes matter, is told by a flag.
 */

import { extremes } from './extremes';
import { bytes, limits } from './requantize';

/** Elements of a work item. */
const ITEM: i32 = 4096;
/** Scratch: what is left of a run, then limits. */
const ENDS: usize = 64;

// Parameters, as words.
const X: usize = 0;
const TO: usize = 4;
const COUNT: usize = 8;
const SCALE: usize = 12;
const ZERO: usize = 16;
const LEAST: usize = 20;
const MOST: usize = 24;
const UNSIGNED: usize = 28;
/** Set to 1 where a number can't be quantized. */
const FLAG: usize = 32;
/** Of rows and groups: how many elements, and where scales, zeros and sums of the integers go. */
const WIDTH: usize = 36;
const SCALES: usize = 40;
const ZEROS: usize = 44;
const SUMS: usize = 48;
/** Whether integers are stored with 16 bits. */
const WIDE16: usize = 52;

/** Work items: ITEM elements. */
export function f32_quantize(p: usize, begin: i32, end: i32, scratch: usize): void {
  const first = begin * ITEM;
  const count = min(end * ITEM, load<i32>(p, COUNT)) - first;
  const x = <usize>load<u32>(p, X) + (<usize>first << 2);
  const to = load<u32>(p, TO) + first;
  if (run(x, to, count, load<f32>(p, SCALE), load<i32>(p, ZERO), load<i32>(p, LEAST), load<i32>(p, MOST), load<i32>(p, UNSIGNED) != 0, scratch))
    store<i32>(load<u32>(p, FLAG), 1);
}

/** Quantizes a run of floats; whether it met NaN. */
function run(x: usize, to: usize, count: i32, scale: f32, zero: i32, least: i32, most: i32, unsigned: bool, scratch: usize): bool {
  const step = f32x4.splat(scale);
  limits(scratch + ENDS, zero, least, most);
  let odd = i32x4.splat(0);
  let k = 0;
  for (; k < count; k += 16) {
    let at = x;
    if (k + 16 > count) {
      // What is left goes by way of the scratch.
      at = scratch;
      memory.copy(scratch, x, <usize>(count - k) << 2);
    }
    const v0 = v128.load(at);
    const v1 = v128.load(at, 16);
    const v2 = v128.load(at, 32);
    const v3 = v128.load(at, 48);
    if (k + 16 <= count) {
      odd = v128.or(odd, v128.or(v128.or(f32x4.ne(v0, v0), f32x4.ne(v1, v1)), v128.or(f32x4.ne(v2, v2), f32x4.ne(v3, v3))));
    } else {
      for (let j = 0; j < count - k; j++) {
        const value = load<f32>(at + (<usize>j << 2));
        if (value != value) odd = i32x4.splat(-1);
      }
    }
    const y0 = f32x4.div(v0, step);
    const y1 = f32x4.div(v1, step);
    const y2 = f32x4.div(v2, step);
    const y3 = f32x4.div(v3, step);
    const q = bytes(y0, y1, y2, y3, scratch + ENDS, unsigned);
    if (k + 16 <= count) v128.store(to, q);
    else {
      v128.store(scratch, q);
      memory.copy(to, scratch, count - k);
    }
    x += 64;
    to += 16;
  }
  return v128.any_true(odd);
}

/** Work items: ITEM bytes. x = (q - zero)·scale. */
export function f32_dequantize(p: usize, begin: i32, end: i32, scratch: usize): void {
  const first = begin * ITEM;
  const count = min(end * ITEM, load<i32>(p, COUNT)) - first;
  let q = <usize>load<u32>(p, X) + first;
  let to = <usize>load<u32>(p, TO) + (<usize>first << 2);
  const unsigned = load<i32>(p, UNSIGNED) != 0;
  const zeros = i32x4.splat(load<i32>(p, ZERO));
  const step = f32x4.splat(load<f32>(p, SCALE));
  // A tensor has whole lines of 64 bytes.
  for (let k = 0; k < count; k += 8) {
    const v = unsigned ? v128.load8x8_u(q) : v128.load8x8_s(q);
    v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.sub(i32x4.extend_low_i16x8_s(v), zeros)), step));
    v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.sub(i32x4.extend_high_i16x8_s(v), zeros)), step), 16);
    q += 8;
    to += 32;
  }
}

/** Work items: ITEM elements. The least and the largest of each, side by side; NaN if there is one. */
export function f32_extremes(p: usize, begin: i32, end: i32, scratch: usize): void {
  const total = load<i32>(p, COUNT);
  for (let item = begin; item < end; item++) {
    const first = item * ITEM;
    const x = <usize>load<u32>(p, X) + (<usize>first << 2);
    const to = load<u32>(p, TO) + (<usize>item << 3);
    extremes(x, min(ITEM, total - first), to);
  }
}

/** Work items: rows of WIDTH floats, each by its own range, 0 included, to int8. */
export function f32_quantize_rows(p: usize, begin: i32, end: i32, scratch: usize): void {
  const width = load<i32>(p, WIDTH);
  for (let row = begin; row < end; row++) {
    const x = <usize>load<u32>(p, X) + ((<usize>row * <usize>width) << 2);
    const to = <usize>load<u32>(p, TO) + <usize>row * <usize>width;
    extremes(x, width, scratch);
    const low = min<f32>(load<f32>(scratch), 0);
    const high = max<f32>(load<f32>(scratch, 4), 0);
    const range = (high - low) / 255;
    const scale: f32 = range > 0 ? range : 1;
    if (!(high - low < Infinity)) store<i32>(load<u32>(p, FLAG), 1);
    const zero = <i32>min(max(nearest<f64>(-128.0 - <f64>(low / scale)), -128.0), 127.0);
    store<f32>(load<u32>(p, SCALES) + (<usize>row << 2), scale);
    store<i32>(load<u32>(p, ZEROS) + (<usize>row << 2), zero);
    run(x, to, width, scale, zero, -128, 127, false, scratch);
  }
}

/** Work items: groups of WIDTH floats, each by its largest size, to -127 ... 127; with the sum of each group's integers. */
export function f32_quantize_groups(p: usize, begin: i32, end: i32, scratch: usize): void {
  const width = load<i32>(p, WIDTH);
  const wide = load<i32>(p, WIDE16) != 0;
  for (let group = begin; group < end; group++) {
    const first = <usize>group * <usize>width;
    const x = <usize>load<u32>(p, X) + (first << 2);
    extremes(x, width, scratch);
    const size = max<f32>(max<f32>(load<f32>(scratch, 4), -load<f32>(scratch)), 0);
    if (!(size < Infinity)) store<i32>(load<u32>(p, FLAG), 1);
    const step = size / 127;
    const scale: f32 = step > 0 ? step : 1;
    store<f32>(load<u32>(p, SCALES) + (<usize>group << 2), scale);
    const to = wide ? scratch + 128 : <usize>load<u32>(p, TO) + first;
    run(x, to, width, scale, 0, -127, 127, false, scratch);
    let sum = 0;
    for (let k: usize = 0; k < <usize>width; k++) sum += load<i8>(to + k);
    store<i32>(load<u32>(p, SUMS) + (<usize>group << 2), sum);
    if (wide) {
      const last = <usize>load<u32>(p, TO) + (first << 1);
      for (let k: usize = 0; k < <usize>width; k++) store<i16>(last + (k << 1), load<i8>(to + k));
    }
  }
}
