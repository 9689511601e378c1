/** Transposes of small blocks in memory; strides in bytes. */

// @ts-ignore: decorator
@inline
function transpose4(from: usize, fromStride: usize, to: usize, toStride: usize): void {
  storeTransposed(v128.load(from), v128.load(from + fromStride), v128.load(from + fromStride * 2), v128.load(from + fromStride * 3), to, toStride);
}

/** Stores four vectors as the columns of a 4x4 block. */
// @ts-ignore: decorator
@inline
export function storeTransposed(v0: v128, v1: v128, v2: v128, v3: v128, to: usize, stride: usize): void {
  const t0 = i32x4.shuffle(v0, v1, 0, 4, 1, 5);
  const t1 = i32x4.shuffle(v2, v3, 0, 4, 1, 5);
  const t2 = i32x4.shuffle(v0, v1, 2, 6, 3, 7);
  const t3 = i32x4.shuffle(v2, v3, 2, 6, 3, 7);
  v128.store(to, i64x2.shuffle(t0, t1, 0, 2));
  v128.store(to + stride, i64x2.shuffle(t0, t1, 1, 3));
  v128.store(to + stride * 2, i64x2.shuffle(t2, t3, 0, 2));
  v128.store(to + stride * 3, i64x2.shuffle(t2, t3, 1, 3));
}

/** to[c][r] = from[r][c] for few columns, reading `from` line by line. */
export function transposeColumns(from: usize, fromStride: usize, to: usize, toStride: usize, rows: i32, columns: i32): void {
  const across = toStride << 2;
  const whole = <usize>(columns & -4) << 2;
  let r = 0;
  for (; r + 4 <= rows; r += 4) {
    let line = to;
    for (let at = from; at < from + whole; at += 16) {
      transpose4(at, fromStride, line, toStride);
      line += across;
    }
    for (let c = <usize>(columns & -4); c < <usize>columns; c++) {
      for (let i: usize = 0; i < 4; i++) store<f32>(to + c * toStride + (i << 2), load<f32>(from + i * fromStride + (c << 2)));
    }
    from += fromStride << 2;
    to += 16;
  }
  for (; r < rows; r++) {
    for (let c: usize = 0; c < <usize>columns; c++) store<f32>(to + c * toStride, load<f32>(from + (c << 2)));
    from += fromStride;
    to += 4;
  }
}

/** to[c][r] = from[r][c] for few rows, writing `to` line by line. */
export function transposeRows(from: usize, fromStride: usize, to: usize, toStride: usize, rows: i32, columns: i32): void {
  const across = fromStride << 2;
  const whole = <usize>(rows & -4) << 2;
  let c = 0;
  for (; c + 4 <= columns; c += 4) {
    let line = from;
    for (let at = to; at < to + whole; at += 16) {
      transpose4(line, fromStride, at, toStride);
      line += across;
    }
    for (let r = <usize>(rows & -4); r < <usize>rows; r++) {
      for (let i: usize = 0; i < 4; i++) store<f32>(to + i * toStride + (r << 2), load<f32>(from + r * fromStride + (i << 2)));
    }
    from += 16;
    to += toStride << 2;
  }
  for (; c < columns; c++) {
    for (let r: usize = 0; r < <usize>rows; r++) store<f32>(to + (r << 2), load<f32>(from + r * fromStride));
    from += 4;
    to += toStride;
  }
}
