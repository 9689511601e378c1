/**
 * f32-gemm: C[m, n] = activation(op(A)·op(B) + bias), op being the identity or the transpose.
 *
 * A is packed once, by groups of rows (`f32_gemm_pack`); then each panel of columns is a work item (`f32_gemm_tiles`) that
 * packs its part of B into the thread's scratch, a block of k at a time, and runs the register tile down all rows.
 * `f32_gemm_whole` does both for small matrices, one matrix of a batch a work item.
 *
 * Layout of packed A: blocks of `depth` steps of k; in each the row groups one after another; in each group the
 * group's rows step by step.
 */
import { COLUMNS, ROWS, tile, tileLow } from './gemm-tile';
import { finishRow } from './epilogue';

/** Rows of the lower tile, used for the rows left over. */
const LOW: i32 = 4;
/** Bytes of scratch before the packed A of `f32_gemm_whole`: the panels of B, then one tile. */
const PANEL_BYTES: usize = 128 * 1024;
const TILE_BYTES: usize = 1024;
/** Panels of B packed at once. */
const PANELS: i32 = 4;
/** Groups of rows between which the panels take turns. */
const STRETCH: i32 = 12;

// Parameters, as words.
const A: usize = 0;
const B: usize = 4;
const C: usize = 8;
const M: usize = 12;
const N: usize = 16;
const K: usize = 20;
/** Elements from one row of the stored matrix to the next. */
const LDA: usize = 24;
const LDB: usize = 28;
const LDC: usize = 32;
/** Whether the stored matrix is the transpose of the operand. */
const TRANSPOSE_A: usize = 36;
const TRANSPOSE_B: usize = 40;
const PACKED: usize = 44;
const BIAS: usize = 48;
const ACTIVATION: usize = 52;
const SLOPE: usize = 56;
/** Elements from one matrix of a batch to the next. */
const STRIDE_A: usize = 60;
const STRIDE_B: usize = 64;
const STRIDE_C: usize = 68;
/** Steps of k in a block. */
const DEPTH: usize = 72;
/** Work items a panel of columns is split into, by rows. */
const SPLITS: usize = 76;
/** Whether to add to C instead of setting it. */
const ACCUMULATE: usize = 80;

/** How many groups of ROWS rows; the rest are groups of LOW. */
function fullGroups(m: i32): i32 {
  const q = m / ROWS;
  const rest = m % ROWS;
  if (rest > LOW) return q + 1;
  // Two low tiles waste less than a full and a nearly empty one.
  if (rest > 0 && q > 0 && rest + ROWS <= 2 * LOW) return q - 1;
  return q;
}
function lowGroups(m: i32): i32 {
  const rest = m - fullGroups(m) * ROWS;
  return rest > 0 ? (rest + LOW - 1) / LOW : 0;
}
// @ts-ignore: decorator
@inline
function groupStart(group: i32, full: i32): i32 {
  return group < full ? group * ROWS : full * ROWS + (group - full) * LOW;
}

/** Work items: groups of rows. */
export function f32_gemm_pack(p: usize, begin: i32, end: i32, scratch: usize): void {
  packRows(p, load<u32>(p, A), load<u32>(p, PACKED), begin, end);
}

/** Work items: panels of columns, SPLITS times over for as many parts of the rows. */
export function f32_gemm_tiles(p: usize, begin: i32, end: i32, scratch: usize): void {
  tiles(p, load<u32>(p, PACKED), load<u32>(p, B), load<u32>(p, C), begin, end, scratch);
}

/** Work items: matrices of a batch. */
export function f32_gemm_whole(p: usize, begin: i32, end: i32, scratch: usize): void {
  const packed = scratch + PANEL_BYTES + TILE_BYTES;
  const m = load<i32>(p, M);
  const groups = fullGroups(m) + lowGroups(m);
  const panels = (load<i32>(p, N) + COLUMNS - 1) / COLUMNS;
  const a = load<u32>(p, A);
  const b = load<u32>(p, B);
  const c = load<u32>(p, C);
  const strideA = load<u32>(p, STRIDE_A) << 2;
  const strideB = load<u32>(p, STRIDE_B) << 2;
  const strideC = load<u32>(p, STRIDE_C) << 2;
  for (let i = begin; i < end; i++) {
    packRows(p, a + i * strideA, packed, 0, groups);
    tiles(p, packed, b + i * strideB, c + i * strideC, 0, panels, scratch);
  }
}

function packRows(p: usize, a: usize, packed: usize, begin: i32, end: i32): void {
  const m = load<i32>(p, M);
  const k = load<i32>(p, K);
  const depth = load<i32>(p, DEPTH);
  const stride = load<u32>(p, LDA) << 2;
  const transposed = load<i32>(p, TRANSPOSE_A);
  const full = fullGroups(m);
  const rows = full * ROWS + lowGroups(m) * LOW;
  for (let k0 = 0; k0 < k; k0 += depth) {
    const steps = min(depth, k - k0);
    const block = packed + ((<usize>rows * k0) << 2);
    for (let group = begin; group < end; group++) {
      const row = groupStart(group, full);
      const to = block + ((<usize>row * steps) << 2);
      const height = group < full ? ROWS : LOW;
      if (transposed) packTransposedRows(a + <usize>k0 * stride, stride, row, m, height, steps, to);
      else packPlainRows(a + (<usize>k0 << 2), stride, row, m, height, steps, to);
    }
  }
}

/** Rows lie along k. Rows past the last repeat it; what they give is never stored. */
function packPlainRows(a: usize, stride: usize, row: i32, m: i32, height: i32, steps: i32, to: usize): void {
  const last = m - 1;
  let r0 = a + <usize>min(row, last) * stride;
  let r1 = a + <usize>min(row + 1, last) * stride;
  let r2 = a + <usize>min(row + 2, last) * stride;
  let r3 = a + <usize>min(row + 3, last) * stride;
  let r4 = a + <usize>min(row + 4, last) * stride;
  let r5 = a + <usize>min(row + 5, last) * stride;
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
function packTransposedRows(a: usize, stride: usize, row: i32, m: i32, height: i32, steps: i32, to: usize): void {
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

function tiles(p: usize, packed: usize, b: usize, c: usize, begin: i32, end: i32, scratch: usize): void {
  const m = load<i32>(p, M);
  const n = load<i32>(p, N);
  const k = load<i32>(p, K);
  const depth = load<i32>(p, DEPTH);
  const splits = load<i32>(p, SPLITS);
  const strideB = load<u32>(p, LDB) << 2;
  const strideC = load<u32>(p, LDC) << 2;
  const transposed = load<i32>(p, TRANSPOSE_B);
  const accumulate = load<i32>(p, ACCUMULATE) != 0;
  const panels = (n + COLUMNS - 1) / COLUMNS;
  const full = fullGroups(m);
  const groups = full + lowGroups(m);
  const rows = full * ROWS + (groups - full) * LOW;
  const spare = scratch + PANEL_BYTES;
  for (let item = begin; item < end; ) {
    const part = item / panels;
    const panel = item % panels;
    // Neighbouring panels are packed together, because their rows lie side by side in memory.
    const count = min(PANELS, min(end - item, panels - panel));
    const column = panel * COLUMNS;
    const first = (groups * part) / splits;
    const past = (groups * (part + 1)) / splits;
    for (let k0 = 0; k0 < k; k0 += depth) {
      const steps = min(depth, k - k0);
      if (transposed) packTransposedColumns(b + ((<usize>k0) << 2), strideB, column, n, count, steps, scratch);
      else packPlainColumns(b + <usize>k0 * strideB + (<usize>column << 2), strideB, n - column, count, steps, scratch);
      const block = packed + ((<usize>rows * k0) << 2);
      const add = accumulate || k0 > 0;
      // A stretch of A stays in the second-level cache for all the panels.
      for (let from = first; from < past; from += STRETCH) {
        const until = min(past, from + STRETCH);
        for (let j = 0; j < count; j++) {
          const right = scratch + ((<usize>(j * steps) * COLUMNS) << 2);
          const left = column + j * COLUMNS;
          const width = min(COLUMNS, n - left);
          for (let group = from; group < until; group++) {
            const row = groupStart(group, full);
            const height = group < full ? ROWS : LOW;
            const a = block + ((<usize>row * steps) << 2);
            const to = c + <usize>row * strideC + (<usize>left << 2);
            if (width == COLUMNS && row + height <= m) {
              if (group < full) tile(steps, a, right, to, strideC, add);
              else tileLow(steps, a, right, to, strideC, add);
            } else {
              if (group < full) tile(steps, a, right, spare, COLUMNS * 4, false);
              else tileLow(steps, a, right, spare, COLUMNS * 4, false);
              copyPart(spare, to, strideC, min(height, m - row), width, add);
            }
          }
        }
      }
    }
    finish(p, c, strideC, groupStart(first, full), min(m, groupStart(past, full)), column, min(count * COLUMNS, n - column));
    item += count;
  }
}

/** Panels of B whose rows lie across: a run of columns each step. Missing columns are whatever stands there. */
function packPlainColumns(b: usize, stride: usize, width: i32, count: i32, steps: i32, to: usize): void {
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
function packTransposedColumns(b: usize, stride: usize, column: i32, n: i32, count: i32, steps: i32, to: usize): void {
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

function copyPart(from: usize, to: usize, stride: usize, height: i32, width: i32, add: bool): void {
  for (let i = 0; i < height; i++) {
    for (let j: usize = 0; j < <usize>width << 2; j += 4) {
      const value = load<f32>(from + j);
      store<f32>(to + j, add ? value + load<f32>(to + j) : value);
    }
    from += COLUMNS * 4;
    to += stride;
  }
}

/** Adds the bias and applies the activation to a finished part of C, while it is in cache. */
function finish(p: usize, c: usize, stride: usize, row: i32, past: i32, column: i32, width: i32): void {
  let bias = load<u32>(p, BIAS);
  const activation = load<i32>(p, ACTIVATION);
  if (bias == 0 && activation == 0) return;
  const slope = load<f32>(p, SLOPE);
  if (bias != 0) bias += column << 2;
  let to = c + <usize>row * stride + (<usize>column << 2);
  for (; row < past; row++) {
    finishRow(to, width, bias, activation, slope);
    to += stride;
  }
}
