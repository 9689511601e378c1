/**
 * f32-gemv: y = activation(W·x + bias) and y = activation(Wᵀ·x + bias) for a stored matrix W[rows, columns], row-major.
 *
 * Both read W once, in order; they're bound by how fast memory gives it.
 */
import { COLUMNS, finish, PARTS, ROWS, W, X, Y } from './gemv-parameters';
import { addRow, addRows, dot, dotRows } from './row-products';

/** y[i] = sum over j of W[i, j]·x[j]. Work items: rows. */
export function f32_gemv_rows(p: usize, begin: i32, end: i32, scratch: usize): void {
  const columns = load<i32>(p, COLUMNS);
  const x = load<u32>(p, X);
  const stride = <usize>columns << 2;
  const y = load<u32>(p, Y);
  let row = load<u32>(p, W) + <usize>begin * stride;
  let i = begin;
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
  const rows = load<i32>(p, ROWS);
  const columns = load<i32>(p, COLUMNS);
  const stride = <usize>columns << 2;
  const first = begin * 32;
  const past = min(columns, end * 32);
  const y = load<u32>(p, Y);
  const to = y + (<usize>first << 2);
  const bytes = <usize>(past - first) << 2;
  sumRows(to, bytes, load<u32>(p, W) + (<usize>first << 2), stride, load<u32>(p, X), rows);
  finish(p, y, first, past);
}

/** y[part, j] = sum over the rows of a part of x[i]·W[i, j], so that each thread reads one stretch of memory. Work items: PARTS parts of the rows. */
export function f32_gemv_parts(p: usize, begin: i32, end: i32, scratch: usize): void {
  const rows = load<i32>(p, ROWS);
  const parts = load<i32>(p, PARTS);
  const stride = <usize>load<u32>(p, COLUMNS) << 2;
  for (let part = begin; part < end; part++) {
    // In 64 bits: rows may be so many that some of them times the parts exceed 32.
    const first = <i32>((<i64>rows * <i64>part) / <i64>parts);
    const count = <i32>((<i64>rows * <i64>(part + 1)) / <i64>parts) - first;
    const to = <usize>load<u32>(p, Y) + <usize>part * stride;
    sumRows(to, stride, <usize>load<u32>(p, W) + <usize>first * stride, stride, <usize>load<u32>(p, X) + (<usize>first << 2), count);
  }
}

/** The sum of rows, each times its factor. */
function sumRows(to: usize, bytes: usize, w: usize, stride: usize, x: usize, rows: i32): void {
  memory.fill(to, 0, bytes);
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
