/**
 * f32-gemv: y = activation(W·x + bias) and y = activation(Wᵀ·x + bias) for a stored matrix W[rows, columns], row-major.
 *
 * Both read W once, in order; they're bound by how fast memory gives it. A W of 16 bits is widened on its way
 * (gemv-half); what that leaves, a piece of a row at a time.
 */
import { madd } from '../simd/madd';
import { finishRow } from './epilogue';
import { addHalfRows, dotHalfRows } from './gemv-half';
import { widenRows, writeWidenConstants } from './widen-rows';

const W: usize = 0;
const X: usize = 4;
const Y: usize = 8;
const ROWS: usize = 12;
const COLUMNS: usize = 16;
const BIAS: usize = 20;
/** 0, or 4 if each value of y has a bias of its own. */
const BIAS_STEP: usize = 24;
const ACTIVATION: usize = 28;
const SLOPE: usize = 32;
/** Of `f32_gemv_parts`. */
const PARTS: usize = 36;
/** What W is stored as: 0 float32, else see widen-rows. */
const STORED: usize = 40;

/** Columns of a piece of a row of 16 bits, and where it and the sums of two are in scratch. */
const PIECE: i32 = 1024;
const SUMS: usize = 128;
const WIDENED: usize = 256;

/** y[i] = sum over j of W[i, j]·x[j]. Work items: rows. */
export function f32_gemv_rows(p: usize, begin: i32, end: i32, scratch: usize): void {
  const columns = load<i32>(p, COLUMNS);
  const x = load<u32>(p, X);
  const stored = load<i32>(p, STORED);
  const stride = strideOf(p);
  const y = load<u32>(p, Y);
  let row = load<u32>(p, W) + <usize>begin * stride;
  let i = begin;
  if (stored != 0) {
    writeWidenConstants(scratch);
    for (; i < end; i += 2) {
      dotsOfHalf(row, stride, min(2, end - i), x, columns, y + (<usize>i << 2), stored, scratch);
      row += stride << 1;
    }
  }
  // Several rows at once: more of memory's streams are under way, and x is read once for all of them.
  for (; i + 4 <= end; i += 4) {
    dotRows(row, stride, x, columns, y + (<usize>i << 2));
    row += stride << 2;
  }
  for (; i < end; i++) {
    store<f32>(y + (<usize>i << 2), dot(row, x, columns));
    row += stride;
  }
  finish(p, y, begin, end);
}

/** y[j] = sum over i of x[i]·W[i, j]. Work items: blocks of 32 columns. */
export function f32_gemv_columns(p: usize, begin: i32, end: i32, scratch: usize): void {
  const first = begin * 32;
  const past = min(load<i32>(p, COLUMNS), end * 32);
  const y = load<u32>(p, Y);
  sumRows(p, 0, load<i32>(p, ROWS), first, past - first, y + (<usize>first << 2), scratch);
  finish(p, y, first, past);
}

/** y[part, j] = sum over the rows of a part of x[i]·W[i, j], so that each thread reads one stretch of memory. Work items: PARTS parts of the rows. */
export function f32_gemv_parts(p: usize, begin: i32, end: i32, scratch: usize): void {
  const rows = load<i32>(p, ROWS);
  const columns = load<i32>(p, COLUMNS);
  const parts = load<i32>(p, PARTS);
  for (let part = begin; part < end; part++) {
    // In 64 bits: rows may be so many that some of them times the parts exceed 32.
    const first = <i32>((<i64>rows * <i64>part) / <i64>parts);
    const count = <i32>((<i64>rows * <i64>(part + 1)) / <i64>parts) - first;
    sumRows(p, first, count, 0, columns, <usize>load<u32>(p, Y) + ((<usize>part * <usize>columns) << 2), scratch);
  }
}

/** Bytes from one row of W to the next. */
function strideOf(p: usize): usize {
  return <usize>load<u32>(p, COLUMNS) << (load<i32>(p, STORED) == 0 ? 2 : 1);
}

/** The sum of rows, each times its factor, of some columns. */
function sumRows(p: usize, row: i32, rows: i32, column: i32, columns: i32, to: usize, scratch: usize): void {
  const stored = load<i32>(p, STORED);
  const stride = strideOf(p);
  let x = <usize>load<u32>(p, X) + (<usize>row << 2);
  let w = <usize>load<u32>(p, W) + <usize>row * stride + (<usize>column << (stored == 0 ? 2 : 1));
  const bytes = <usize>columns << 2;
  memory.fill(to, 0, bytes);
  if (stored != 0) {
    sumHalfRows(to, columns, w, stride, x, rows, stored, scratch);
    return;
  }
  let i = 0;
  for (; i + 4 <= rows; i += 4) {
    addRows(to, bytes, w, stride, x);
    w += stride << 2;
    x += 16;
  }
  for (; i < rows; i++) {
    addRow(to, bytes, w, load<f32>(x));
    w += stride;
    x += 4;
  }
}

/** One or two rows of 16 bits times x. */
function dotsOfHalf(row: usize, stride: usize, count: i32, x: usize, columns: i32, to: usize, stored: i32, scratch: usize): void {
  const sums = scratch + SUMS;
  let whole = count == 2 ? columns & ~7 : 0;
  if (whole > 0 && !dotHalfRows(row, stride, x, columns, sums, stored, scratch)) whole = 0;
  for (let i: usize = 0; i < <usize>count; i++) {
    const at = sums + (i << 5);
    let sum = whole > 0 ? total(f32x4.add(v128.load(at), v128.load(at, 16))) : 0;
    for (let done = whole; done < columns; done += PIECE) {
      const width = min(PIECE, columns - done);
      widenRow(row + i * stride + (<usize>done << 1), width, scratch + WIDENED, stored, scratch);
      sum += dot(scratch + WIDENED, x + (<usize>done << 2), width);
    }
    store<f32>(to + (i << 2), sum);
  }
}

/** Adds rows of 16 bits to zeros. */
function sumHalfRows(to: usize, columns: i32, w: usize, stride: usize, x: usize, rows: i32, stored: i32, scratch: usize): void {
  writeWidenConstants(scratch);
  let whole = columns & ~7;
  for (let i = 0; i + 2 <= rows; i += 2) {
    if (addHalfRows(to, columns, w + <usize>i * stride, stride, x + (<usize>i << 2), stored, scratch)) continue;
    memory.fill(to, 0, <usize>columns << 2);
    whole = 0;
    break;
  }
  for (let i = 0; i < rows; i++) {
    // What pairs of rows did is done but for the last columns.
    for (let done = i < (rows & ~1) ? whole : 0; done < columns; done += PIECE) {
      const width = min(PIECE, columns - done);
      widenRow(w + <usize>i * stride + (<usize>done << 1), width, scratch + WIDENED, stored, scratch);
      addRow(to + (<usize>done << 2), <usize>width << 2, scratch + WIDENED, load<f32>(x + (<usize>i << 2)));
    }
  }
}

// @ts-ignore: decorator
@inline
function widenRow(from: usize, count: i32, to: usize, stored: i32, k: usize): void {
  widenRows(from, 0, 1, count, to, 0, stored, k);
}

/** Four rows times x. */
function dotRows(row: usize, stride: usize, x: usize, n: i32, to: usize): void {
  const r0 = row;
  const r1 = row + stride;
  const r2 = row + stride * 2;
  const r3 = row + stride * 3;
  let s0a = f32x4.splat(0);
  let s0b = f32x4.splat(0);
  let s1a = f32x4.splat(0);
  let s1b = f32x4.splat(0);
  let s2a = f32x4.splat(0);
  let s2b = f32x4.splat(0);
  let s3a = f32x4.splat(0);
  let s3b = f32x4.splat(0);
  const bytes = <usize>n << 2;
  let j: usize = 0;
  for (; j + 32 <= bytes; j += 32) {
    const xa = v128.load(x + j);
    const xb = v128.load(x + j, 16);
    s0a = madd(v128.load(r0 + j), xa, s0a);
    s0b = madd(v128.load(r0 + j, 16), xb, s0b);
    s1a = madd(v128.load(r1 + j), xa, s1a);
    s1b = madd(v128.load(r1 + j, 16), xb, s1b);
    s2a = madd(v128.load(r2 + j), xa, s2a);
    s2b = madd(v128.load(r2 + j, 16), xb, s2b);
    s3a = madd(v128.load(r3 + j), xa, s3a);
    s3b = madd(v128.load(r3 + j, 16), xb, s3b);
  }
  let t0 = total(f32x4.add(s0a, s0b));
  let t1 = total(f32x4.add(s1a, s1b));
  let t2 = total(f32x4.add(s2a, s2b));
  let t3 = total(f32x4.add(s3a, s3b));
  for (; j < bytes; j += 4) {
    const value = load<f32>(x + j);
    t0 += load<f32>(r0 + j) * value;
    t1 += load<f32>(r1 + j) * value;
    t2 += load<f32>(r2 + j) * value;
    t3 += load<f32>(r3 + j) * value;
  }
  store<f32>(to, t0, 0);
  store<f32>(to, t1, 4);
  store<f32>(to, t2, 8);
  store<f32>(to, t3, 12);
}

// @ts-ignore: decorator
@inline
function total(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}

function dot(a: usize, b: usize, n: i32): f32 {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  let s4 = f32x4.splat(0);
  let s5 = f32x4.splat(0);
  let s6 = f32x4.splat(0);
  let s7 = f32x4.splat(0);
  let j = 0;
  for (; j + 32 <= n; j += 32) {
    s0 = madd(v128.load(a), v128.load(b), s0);
    s1 = madd(v128.load(a, 16), v128.load(b, 16), s1);
    s2 = madd(v128.load(a, 32), v128.load(b, 32), s2);
    s3 = madd(v128.load(a, 48), v128.load(b, 48), s3);
    s4 = madd(v128.load(a, 64), v128.load(b, 64), s4);
    s5 = madd(v128.load(a, 80), v128.load(b, 80), s5);
    s6 = madd(v128.load(a, 96), v128.load(b, 96), s6);
    s7 = madd(v128.load(a, 112), v128.load(b, 112), s7);
    a += 128;
    b += 128;
  }
  for (; j + 4 <= n; j += 4) {
    s0 = madd(v128.load(a), v128.load(b), s0);
    a += 16;
    b += 16;
  }
  s0 = f32x4.add(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)), f32x4.add(f32x4.add(s4, s5), f32x4.add(s6, s7)));
  let sum = total(s0);
  for (; j < n; j++) {
    sum += load<f32>(a) * load<f32>(b);
    a += 4;
    b += 4;
  }
  return sum;
}

/** Adds four rows, each times its factor. */
function addRows(to: usize, bytes: usize, w: usize, stride: usize, x: usize): void {
  const x0 = v128.load32_splat(x);
  const x1 = v128.load32_splat(x, 4);
  const x2 = v128.load32_splat(x, 8);
  const x3 = v128.load32_splat(x, 12);
  const w1 = w + stride;
  const w2 = w1 + stride;
  const w3 = w2 + stride;
  let j: usize = 0;
  for (; j + 32 <= bytes; j += 32) {
    let y0 = v128.load(to + j);
    let y1 = v128.load(to + j, 16);
    y0 = madd(v128.load(w + j), x0, y0);
    y1 = madd(v128.load(w + j, 16), x0, y1);
    y0 = madd(v128.load(w1 + j), x1, y0);
    y1 = madd(v128.load(w1 + j, 16), x1, y1);
    y0 = madd(v128.load(w2 + j), x2, y0);
    y1 = madd(v128.load(w2 + j, 16), x2, y1);
    y0 = madd(v128.load(w3 + j), x3, y0);
    y1 = madd(v128.load(w3 + j, 16), x3, y1);
    v128.store(to + j, y0);
    v128.store(to + j, y1, 16);
  }
  for (; j < bytes; j += 4) {
    let y = load<f32>(to + j);
    y += load<f32>(w + j) * load<f32>(x);
    y += load<f32>(w1 + j) * load<f32>(x, 4);
    y += load<f32>(w2 + j) * load<f32>(x, 8);
    y += load<f32>(w3 + j) * load<f32>(x, 12);
    store<f32>(to + j, y);
  }
}

function addRow(to: usize, bytes: usize, w: usize, x: f32): void {
  const factor = f32x4.splat(x);
  let j: usize = 0;
  for (; j + 16 <= bytes; j += 16) v128.store(to + j, madd(v128.load(w + j), factor, v128.load(to + j)));
  for (; j < bytes; j += 4) store<f32>(to + j, load<f32>(to + j) + load<f32>(w + j) * x);
}

function finish(p: usize, y: usize, first: i32, past: i32): void {
  const bias = load<u32>(p, BIAS);
  const activation = load<i32>(p, ACTIVATION);
  if (bias == 0 && activation == 0) return;
  const slope = load<f32>(p, SLOPE);
  if (load<i32>(p, BIAS_STEP) != 0) {
    finishRow(y + (<usize>first << 2), past - first, bias + (<usize>first << 2), activation, slope);
    return;
  }
  for (let i = first; i < past; i++) finishRow(y + (<usize>i << 2), 1, bias, activation, slope);
}
