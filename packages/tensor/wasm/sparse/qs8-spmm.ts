/**
 * qs8-spmm: Y[batch, rows] = activation((X - zero)·Sᵀ · inputScale · scale + bias) for a sparse S[rows, columns] of 8-bit integers in
 * compressed rows, with a scale a row.
 *
 * X lies in blocks of bytes, [block][column][example]; Y in blocks of floats (see layout.ts). Products of integers are summed exactly, and
 * what follows is one rounding to float32 after another, so that all tiers give the same.
 */
import { finishRow } from '../dense/epilogue';
import { BLOCK, blockAt, blockWidth, clearBeyond, GROUP, sliceStart } from './layout';

// Parameters, as words; those up to SLOPE as of f32-spmm.
const POINTERS: usize = 0;
const INDICES: usize = 4;
const VALUES: usize = 8;
const X: usize = 12;
const Y: usize = 16;
const ROWS: usize = 20;
const COLUMNS: usize = 24;
const BATCH: usize = 28;
const SLICES: usize = 32;
/** Address of a value a row, or 0. */
const BIAS: usize = 36;
const ACTIVATION: usize = 40;
const SLOPE: usize = 44;
/** Address of a scale a row. */
const SCALES: usize = 48;
/** Address of each row's sum of values. */
const SUMS: usize = 52;
const INPUT_SCALE: usize = 56;
const ZERO: usize = 60;

/** Work items: slices of rows with as many non-zeros, block after block. */
export function qs8_spmm(p: usize, begin: i32, end: i32, scratch: usize): void {
  const slices = load<i32>(p, SLICES);
  const pointers = load<u32>(p, POINTERS);
  const rows = load<i32>(p, ROWS);
  for (let item = begin; item < end; ) {
    const block = item / slices;
    const slice = item - block * slices;
    const past = min(slices, slice + (end - item));
    rowsOfBlock(p, block, sliceStart(pointers, rows, slice, slices), sliceStart(pointers, rows, past, slices));
    item += past - slice;
  }
}

function rowsOfBlock(p: usize, block: i32, first: i32, past: i32): void {
  const batch = load<i32>(p, BATCH);
  const pointers = load<u32>(p, POINTERS);
  const indices = load<u32>(p, INDICES);
  const values = load<u32>(p, VALUES);
  const bias = load<u32>(p, BIAS);
  const scales = load<u32>(p, SCALES);
  const sums = load<u32>(p, SUMS);
  const inputScale = load<f32>(p, INPUT_SCALE);
  const zero = load<i32>(p, ZERO);
  const activation = load<i32>(p, ACTIVATION);
  const slope = load<f32>(p, SLOPE);
  const width = blockWidth(block, batch);
  const bytes = <usize>width << 2;
  const x = <usize>load<u32>(p, X) + <usize>(block * BLOCK) * <usize>load<i32>(p, COLUMNS);
  const y = blockAt(load<u32>(p, Y), block, load<i32>(p, ROWS));
  for (let group = first; group < past; group += GROUP) {
    const until = min(past, group + GROUP);
    const from = y + <usize>group * bytes;
    let to = from;
    for (let row = group; row < until; row++) {
      const offset = <usize>row << 2;
      const at = pointers + offset;
      const factor = f32x4.splat(inputScale * load<f32>(scales + offset));
      const less = i32x4.splat(zero * load<i32>(sums + offset));
      const start = f32x4.splat(bias != 0 ? load<f32>(bias + offset) : 0);
      product(indices, values, load<u32>(at), load<u32>(at, 4), x, width, to, less, factor, start);
      to += bytes;
    }
    if (activation != 0) finishRow(from, width * (until - group), 0, activation, slope);
    clearBeyond(from, min(BLOCK, batch - block * BLOCK), width, until - group);
  }
}

/** A row's products with `width` examples, by non-zeros q to past. */
function product(
  indices: usize,
  values: usize,
  q: usize,
  past: usize,
  x: usize,
  width: usize,
  to: usize,
  less: v128,
  factor: v128,
  start: v128,
): void {
  let e: usize = 0;
  for (; e + 32 <= width; e += 32) product32(indices, values, q, past, x + e, width, to + (e << 2), less, factor, start);
  for (; e + 8 <= width; e += 8) product8(indices, values, q, past, x + e, width, to + (e << 2), less, factor, start);
}

/** Two neighbouring values as 16-bit numbers, four times; the second 0 at the end of a row. */
// @ts-ignore: decorator
@inline
function pairOf(values: usize, q: usize, past: usize): v128 {
  const first = <i32>load<i8>(values + q) & 0xffff;
  return i32x4.splat(q + 1 < past ? first | (<i32>load<i8>(values + q, 1) << 16) : first);
}

/** Column of the non-zero after q, or of q at the end of a row. */
// @ts-ignore: decorator
@inline
function secondOf(indices: usize, q: usize, past: usize): usize {
  return load<u32>(indices + (min(q + 1, past - 1) << 2));
}

// @ts-ignore: decorator
@inline
function finish(to: usize, sum: v128, less: v128, factor: v128, start: v128): void {
  // Multiplied and added apart, as every tier can.
  v128.store(to, f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(i32x4.sub(sum, less)), factor), start));
}

function product32(
  indices: usize,
  values: usize,
  q: usize,
  past: usize,
  x: usize,
  width: usize,
  to: usize,
  less: v128,
  factor: v128,
  start: v128,
): void {
  const none = i32x4.splat(0);
  let c0 = none, c1 = none, c2 = none, c3 = none, c4 = none, c5 = none, c6 = none, c7 = none;
  for (; q < past; q += 2) {
    const a = x + <usize>load<u32>(indices + (q << 2)) * width;
    const b = x + secondOf(indices, q, past) * width;
    const w = pairOf(values, q, past);
    const a0 = v128.load(a);
    const b0 = v128.load(b);
    const l0 = i8x16.shuffle(a0, b0, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const h0 = i8x16.shuffle(a0, b0, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    c0 = i32x4.add(c0, i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(l0), w));
    c1 = i32x4.add(c1, i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_s(l0), w));
    c2 = i32x4.add(c2, i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(h0), w));
    c3 = i32x4.add(c3, i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_s(h0), w));
    const a1 = v128.load(a, 16);
    const b1 = v128.load(b, 16);
    const l1 = i8x16.shuffle(a1, b1, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const h1 = i8x16.shuffle(a1, b1, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    c4 = i32x4.add(c4, i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(l1), w));
    c5 = i32x4.add(c5, i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_s(l1), w));
    c6 = i32x4.add(c6, i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(h1), w));
    c7 = i32x4.add(c7, i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_s(h1), w));
  }
  finish(to, c0, less, factor, start);
  finish(to + 16, c1, less, factor, start);
  finish(to + 32, c2, less, factor, start);
  finish(to + 48, c3, less, factor, start);
  finish(to + 64, c4, less, factor, start);
  finish(to + 80, c5, less, factor, start);
  finish(to + 96, c6, less, factor, start);
  finish(to + 112, c7, less, factor, start);
}

function product8(
  indices: usize,
  values: usize,
  q: usize,
  past: usize,
  x: usize,
  width: usize,
  to: usize,
  less: v128,
  factor: v128,
  start: v128,
): void {
  let c0 = i32x4.splat(0), c1 = i32x4.splat(0);
  for (; q < past; q += 2) {
    const a = v128.load64_zero(x + <usize>load<u32>(indices + (q << 2)) * width);
    const b = v128.load64_zero(x + secondOf(indices, q, past) * width);
    const w = pairOf(values, q, past);
    const both = i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    c0 = i32x4.add(c0, i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(both), w));
    c1 = i32x4.add(c1, i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_s(both), w));
  }
  finish(to, c0, less, factor, start);
  finish(to + 16, c1, less, factor, start);
}
