/**
 * f32-half-gemv: f32-gemv of a matrix stored in 16 bits: pairs of its rows are widened in registers (row-pairs); what that
 * leaves, a piece of a row at a time.
 */
import { ASIDE, COLUMNS, finish, PARTS, ROWS, STORED, W, X, Y } from '../dense/gemv-parameters';
import { addRow, dot, total } from '../dense/row-products';
import { widenRows, writeWidenConstants } from '../dense/widen-rows';
import { addFiniteRows, BLOCK, dotFiniteRows, inColumnOrder, ROWS_AT_ONCE, scalable, scaleInBlocks, sumsBytes, writeFiniteConstants } from './finite-rows';
import { addHalfRows, dotHalfRows } from './row-pairs';
import { addAside, dotAside } from './aside-list';

/** Columns of a piece of a row, and where it and the sums of two are in scratch. */
const PIECE: i32 = 1024;
const SUMS: usize = 128;
const WIDENED: usize = 256;

/** y[i] = sum over j of W[i, j]·x[j]. Work items: rows. */
export function f32_half_gemv_rows(p: usize, begin: i32, end: i32, scratch: usize): void {
  const columns = load<i32>(p, COLUMNS);
  const x = load<u32>(p, X);
  const stored = load<i32>(p, STORED);
  const stride = strideOf(p);
  const y = load<u32>(p, Y);
  let row = load<u32>(p, W) + <usize>begin * stride;
  writeWidenConstants(scratch);
  if (load<u32>(p, ASIDE) != 0) {
    finiteDots(p, begin, end, scratch);
    finish(p, y, begin, end);
    return;
  }
  for (let i = begin; i < end; i += 2) {
    dotsOfHalf(row, stride, min(2, end - i), x, columns, y + (<usize>i << 2), stored, scratch);
    row += stride << 1;
  }
  finish(p, y, begin, end);
}

/** y[j] = sum over i of x[i]·W[i, j]. Work items: blocks of 32 columns. */
export function f32_half_gemv_columns(p: usize, begin: i32, end: i32, scratch: usize): void {
  const first = begin * 32;
  const past = min(load<i32>(p, COLUMNS), end * 32);
  const y = load<u32>(p, Y);
  sumRows(p, 0, load<i32>(p, ROWS), first, past - first, y + (<usize>first << 2), scratch);
  finish(p, y, first, past);
}

/** y[part, j] = sum over the rows of a part of x[i]·W[i, j], so that each thread reads one stretch of memory. Work items: PARTS parts of the rows. */
export function f32_half_gemv_parts(p: usize, begin: i32, end: i32, scratch: usize): void {
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
  return <usize>load<u32>(p, COLUMNS) << 1;
}

/** The sum of rows, each times its factor, of some columns. */
function sumRows(p: usize, row: i32, rows: i32, column: i32, columns: i32, to: usize, scratch: usize): void {
  const stride = strideOf(p);
  const w = <usize>load<u32>(p, W) + <usize>row * stride + (<usize>column << 1);
  if (load<u32>(p, ASIDE) != 0) {
    finiteSums(p, row, rows, column, columns, w, to, scratch);
    return;
  }
  memory.fill(to, 0, <usize>columns << 2);
  sumHalfRows(to, columns, w, stride, <usize>load<u32>(p, X) + (<usize>row << 2), rows, load<i32>(p, STORED), scratch);
}

/** Rows of a float16 matrix whose other codes are set aside, times x. */
function finiteDots(p: usize, begin: i32, end: i32, scratch: usize): void {
  const list = load<u32>(p, ASIDE);
  const columns = load<i32>(p, COLUMNS);
  const x = load<u32>(p, X);
  const stride = strideOf(p);
  const sums = scratch + SUMS;
  writeFiniteConstants(scratch);
  if (!scalable(x, columns, scratch)) {
    store<u32>(list, 1);
    return;
  }
  scaleInBlocks(x, columns, scratch + WIDENED, scratch);
  for (let i = begin; i < end; i += ROWS_AT_ONCE) {
    const count = min(ROWS_AT_ONCE, end - i);
    dotFiniteRows(load<u32>(p, W) + <usize>i * stride, stride, count, scratch + WIDENED, columns, sums, scratch);
    for (let r = 0; r < count; r++) {
      const at = sums + (<usize>r << 5);
      const sum = total(f32x4.add(v128.load(at), v128.load(at, 16)));
      store<f32>(load<u32>(p, Y) + (<usize>(i + r) << 2), sum + dotAside(list, load<i32>(p, ROWS), i + r, x, scratch));
    }
  }
}

/** The sum of rows of a float16 matrix whose other codes are set aside, each times its factor, of some columns. */
function finiteSums(p: usize, row: i32, rows: i32, column: i32, columns: i32, w: usize, to: usize, scratch: usize): void {
  const list = load<u32>(p, ASIDE);
  const x = load<u32>(p, X) + (<usize>row << 2);
  const stride = strideOf(p);
  writeWidenConstants(scratch);
  writeFiniteConstants(scratch);
  if (!scalable(x, rows, scratch)) {
    store<u32>(list, 1);
    return;
  }
  // Fewer columns than a block has are the last of one, whose others somebody else does.
  const others = max(0, BLOCK - columns);
  const width = columns + others;
  const start = w - (<usize>others << 1);
  const sums = scratch + WIDENED;
  memory.fill(sums, 0, sumsBytes(width));
  for (let i = 0; i < rows; i += ROWS_AT_ONCE)
    addFiniteRows(sums, width, start + <usize>i * stride, stride, x + (<usize>i << 2), min(ROWS_AT_ONCE, rows - i), scratch);
  inColumnOrder(sums, width, others == 0 ? to : scratch + SUMS);
  if (others != 0) memory.copy(to, scratch + SUMS + (<usize>others << 2), <usize>columns << 2);
  addAside(list, load<i32>(p, ROWS), row, rows, column, column + columns, x, to, scratch);
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
