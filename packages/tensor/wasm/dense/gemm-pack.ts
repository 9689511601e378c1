/** Lays out the operands of a register tile: A by groups of rows, step by step; B by panels of columns, step by step. */
import { COLUMNS, ROWS } from './gemm-tile';

/** Rows of the lower tile, used for the rows left over. */
export const LOW: i32 = 4;

/** Rows lie along k. Rows past the last repeat it; what they give is never stored. */
export function packPlainRows(a: usize, stride: usize, row: i32, m: i32, height: i32, steps: i32, to: usize): void {
  const last = m - 1;
  const r0 = a + <usize>min(row, last) * stride;
  const r1 = a + <usize>min(row + 1, last) * stride;
  const r2 = a + <usize>min(row + 2, last) * stride;
  const r3 = a + <usize>min(row + 3, last) * stride;
  const r4 = a + <usize>min(row + 4, last) * stride;
  const r5 = a + <usize>min(row + 5, last) * stride;
  packRun(r0, r1, r2, r3, r4, r5, height, steps, to);
}

/** Packs `steps` values of each of `height` rows that begin at the addresses, step by step. */
export function packRun(r0: usize, r1: usize, r2: usize, r3: usize, r4: usize, r5: usize, height: i32, steps: i32, to: usize): void {
  const size = <usize>height << 2;
  let k = 0;
  for (; k + 4 <= steps; k += 4) {
    const v0 = v128.load(r0);
    const v1 = v128.load(r1);
    const v2 = v128.load(r2);
    const v3 = v128.load(r3);
    const t0 = i32x4.shuffle(v0, v1, 0, 4, 1, 5);
    const t1 = i32x4.shuffle(v2, v3, 0, 4, 1, 5);
    const t2 = i32x4.shuffle(v0, v1, 2, 6, 3, 7);
    const t3 = i32x4.shuffle(v2, v3, 2, 6, 3, 7);
    v128.store(to, i64x2.shuffle(t0, t1, 0, 2));
    v128.store(to + size, i64x2.shuffle(t0, t1, 1, 3));
    v128.store(to + 2 * size, i64x2.shuffle(t2, t3, 0, 2));
    v128.store(to + 3 * size, i64x2.shuffle(t2, t3, 1, 3));
    if (height > 4) {
      const v4 = v128.load(r4);
      if (ROWS == 6) {
        const v5 = v128.load(r5);
        const u0 = i32x4.shuffle(v4, v5, 0, 4, 1, 5);
        const u1 = i32x4.shuffle(v4, v5, 2, 6, 3, 7);
        v128.store64_lane(to, u0, 0, 16);
        v128.store64_lane(to + size, u0, 1, 16);
        v128.store64_lane(to + 2 * size, u1, 0, 16);
        v128.store64_lane(to + 3 * size, u1, 1, 16);
        r5 += 16;
      } else {
        v128.store32_lane(to, v4, 0, 16);
        v128.store32_lane(to + size, v4, 1, 16);
        v128.store32_lane(to + 2 * size, v4, 2, 16);
        v128.store32_lane(to + 3 * size, v4, 3, 16);
      }
      r4 += 16;
    }
    r0 += 16;
    r1 += 16;
    r2 += 16;
    r3 += 16;
    to += 4 * size;
  }
  for (; k < steps; k++) {
    store<f32>(to, load<f32>(r0));
    store<f32>(to, load<f32>(r1), 4);
    store<f32>(to, load<f32>(r2), 8);
    store<f32>(to, load<f32>(r3), 12);
    if (height > 4) {
      store<f32>(to, load<f32>(r4), 16);
      if (ROWS == 6) store<f32>(to, load<f32>(r5), 20);
      r4 += 4;
      r5 += 4;
    }
    r0 += 4;
    r1 += 4;
    r2 += 4;
    r3 += 4;
    to += size;
  }
}

/** Rows lie across: each step of k is a contiguous run of rows. */
export function packTransposedRows(a: usize, stride: usize, row: i32, m: i32, height: i32, steps: i32, to: usize): void {
  let from = a + (<usize>row << 2);
  if (row + height <= m) {
    if (height == LOW) {
      for (let k = 0; k < steps; k++) {
        v128.store(to, v128.load(from));
        from += stride;
        to += 16;
      }
    } else {
      for (let k = 0; k < steps; k++) {
        v128.store(to, v128.load(from));
        if (ROWS == 6) store<u64>(to, load<u64>(from, 16), 16);
        else store<f32>(to, load<f32>(from, 16), 16);
        from += stride;
        to += ROWS * 4;
      }
    }
    return;
  }
  for (let k = 0; k < steps; k++) {
    for (let i = 0; i < height; i++) {
      store<f32>(to, load<f32>(from + (<usize>min(i, m - 1 - row) << 2)));
      to += 4;
    }
    from += stride;
  }
}

/** Steps of k that are packed for one group after another: what their rows have in common is read from memory once, all in a row. */
const TOGETHER: i32 = 16;

/** As {@link packTransposedRows} of whole groups of ROWS rows. */
export function packTransposedGroups(a: usize, stride: usize, row: i32, groups: i32, steps: i32, to: usize): void {
  const size = <usize>(ROWS * steps) << 2;
  a += <usize>row << 2;
  for (let k = 0; k < steps; k += TOGETHER) {
    const some = min(TOGETHER, steps - k);
    for (let g = 0; g < groups; g++) {
      let from = a + <usize>(g * ROWS * 4);
      let at = to + <usize>g * size;
      for (let i = 0; i < some; i++) {
        v128.store(at, v128.load(from));
        if (ROWS == 6) store<u64>(at, load<u64>(from, 16), 16);
        else store<f32>(at, load<f32>(from, 16), 16);
        from += stride;
        at += ROWS * 4;
      }
    }
    a += TOGETHER * stride;
    to += TOGETHER * ROWS * 4;
  }
}

/** Panels of B whose rows lie across: a run of columns each step. Missing columns are whatever stands there. */
export function packPlainColumns(b: usize, stride: usize, width: i32, count: i32, steps: i32, to: usize): void {
  const size = <usize>(steps * COLUMNS) << 2;
  const whole = min(count, width / COLUMNS);
  let from = b;
  let at = to;
  for (let k = 0; k < steps; k++) {
    let x = from;
    let y = at;
    for (let j = 0; j < whole; j++) {
      v128.store(y, v128.load(x));
      v128.store(y, v128.load(x, 16), 16);
      if (COLUMNS == 16) {
        v128.store(y, v128.load(x, 32), 32);
        v128.store(y, v128.load(x, 48), 48);
      }
      x += COLUMNS * 4;
      y += size;
    }
    from += stride;
    at += COLUMNS * 4;
  }
  if (whole == count) return;
  const rest = <usize>(width - whole * COLUMNS) << 2;
  from = b + ((<usize>whole * COLUMNS) << 2);
  at = to + <usize>whole * size;
  for (let k = 0; k < steps; k++) {
    for (let j: usize = 0; j < rest; j += 4) store<f32>(at + j, load<f32>(from + j));
    from += stride;
    at += COLUMNS * 4;
  }
}

/** Panels of B whose columns lie along k. Columns past the last repeat it; what they give is never stored. */
export function packTransposedColumns(b: usize, stride: usize, column: i32, n: i32, count: i32, steps: i32, to: usize): void {
  const size = <usize>(steps * COLUMNS) << 2;
  for (let j = 0; j < count; j++) packTransposedPanel(b, stride, column + j * COLUMNS, n, steps, to + <usize>j * size);
}

function packTransposedPanel(b: usize, stride: usize, column: i32, n: i32, steps: i32, panel: usize): void {
  const last = n - 1;
  for (let j = 0; j < COLUMNS; j += 4) {
    let c0 = b + <usize>min(column + j, last) * stride;
    let c1 = b + <usize>min(column + j + 1, last) * stride;
    let c2 = b + <usize>min(column + j + 2, last) * stride;
    let c3 = b + <usize>min(column + j + 3, last) * stride;
    let to = panel + (<usize>j << 2);
    let k = 0;
    for (; k + 4 <= steps; k += 4) {
      const v0 = v128.load(c0);
      const v1 = v128.load(c1);
      const v2 = v128.load(c2);
      const v3 = v128.load(c3);
      const t0 = i32x4.shuffle(v0, v1, 0, 4, 1, 5);
      const t1 = i32x4.shuffle(v2, v3, 0, 4, 1, 5);
      const t2 = i32x4.shuffle(v0, v1, 2, 6, 3, 7);
      const t3 = i32x4.shuffle(v2, v3, 2, 6, 3, 7);
      v128.store(to, i64x2.shuffle(t0, t1, 0, 2));
      v128.store(to, i64x2.shuffle(t0, t1, 1, 3), COLUMNS * 4);
      v128.store(to, i64x2.shuffle(t2, t3, 0, 2), COLUMNS * 8);
      v128.store(to, i64x2.shuffle(t2, t3, 1, 3), COLUMNS * 12);
      c0 += 16;
      c1 += 16;
      c2 += 16;
      c3 += 16;
      to += COLUMNS * 16;
    }
    for (; k < steps; k++) {
      store<f32>(to, load<f32>(c0));
      store<f32>(to, load<f32>(c1), 4);
      store<f32>(to, load<f32>(c2), 8);
      store<f32>(to, load<f32>(c3), 12);
      c0 += 4;
      c1 += 4;
      c2 += 4;
      c3 += 4;
      to += COLUMNS * 4;
    }
  }
}

/** Stores, or adds, the part of a tile that lies in C. */
export function copyPart(from: usize, to: usize, stride: usize, height: i32, width: i32, add: bool): void {
  for (let i = 0; i < height; i++) {
    for (let j: usize = 0; j < <usize>width << 2; j += 4) {
      const value = load<f32>(from + j);
      store<f32>(to + j, add ? value + load<f32>(to + j) : value);
    }
    from += COLUMNS * 4;
    to += stride;
  }
}
