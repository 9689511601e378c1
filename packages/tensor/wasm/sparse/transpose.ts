/** Transposes of small blocks in memory; strides in bytes. */

// @ts-ignore: decorator
@inline
function transpose4(from: usize, fromStride: usize, to: usize, toStride: usize): void {
  const v0 = v128.load(from);
  const v1 = v128.load(from + fromStride);
  const v2 = v128.load(from + fromStride * 2);
  const v3 = v128.load(from + fromStride * 3);
  const t0 = i32x4.shuffle(v0, v1, 0, 4, 1, 5);
  const t1 = i32x4.shuffle(v2, v3, 0, 4, 1, 5);
  const t2 = i32x4.shuffle(v0, v1, 2, 6, 3, 7);
  const t3 = i32x4.shuffle(v2, v3, 2, 6, 3, 7);
  v128.store(to, i64x2.shuffle(t0, t1, 0, 2));
  v128.store(to + toStride, i64x2.shuffle(t0, t1, 1, 3));
  v128.store(to + toStride * 2, i64x2.shuffle(t2, t3, 0, 2));
  v128.store(to + toStride * 3, i64x2.shuffle(t2, t3, 1, 3));
}

/** to[c][r] = from[r][c], a run of columns of `from` after another: reads `from` line by line where it has 16 columns. */
export function transposeRowsFirst(from: usize, fromStride: usize, to: usize, toStride: usize, rows: i32, columns: i32): void {
  let r = 0;
  for (; r + 4 <= rows; r += 4) {
    const a = from + <usize>r * fromStride;
    const b = to + (<usize>r << 2);
    let c = 0;
    for (; c + 4 <= columns; c += 4) transpose4(a + (<usize>c << 2), fromStride, b + <usize>c * toStride, toStride);
    for (; c < columns; c++) transposeOne(a + (<usize>c << 2), fromStride, b + <usize>c * toStride, 4);
  }
  for (; r < rows; r++) {
    const a = from + <usize>r * fromStride;
    const b = to + (<usize>r << 2);
    for (let c = 0; c < columns; c++) store<f32>(b + <usize>c * toStride, load<f32>(a + (<usize>c << 2)));
  }
}

/** The same, writing `to` line by line where `from` has 16 rows. */
export function transposeColumnsFirst(from: usize, fromStride: usize, to: usize, toStride: usize, rows: i32, columns: i32): void {
  let c = 0;
  for (; c + 4 <= columns; c += 4) {
    const a = from + (<usize>c << 2);
    const b = to + <usize>c * toStride;
    let r = 0;
    for (; r + 4 <= rows; r += 4) transpose4(a + <usize>r * fromStride, fromStride, b + (<usize>r << 2), toStride);
    for (; r < rows; r++) {
      const row = a + <usize>r * fromStride;
      const at = b + (<usize>r << 2);
      for (let i: usize = 0; i < 4; i++) store<f32>(at + i * toStride, load<f32>(row + (i << 2)));
    }
  }
  for (; c < columns; c++) transposeOne(from + (<usize>c << 2), fromStride, to + <usize>c * toStride, rows);
}

/** Gathers a column of `count` values into a row. */
// @ts-ignore: decorator
@inline
function transposeOne(from: usize, fromStride: usize, to: usize, count: i32): void {
  for (let i: usize = 0; i < <usize>count; i++) store<f32>(to + (i << 2), load<f32>(from + i * fromStride));
}
