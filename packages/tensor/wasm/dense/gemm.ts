/**
 * f32-gemm: C[m, n] = activation(op(A)·op(B) + bias), op being the identity or the transpose.
 *
 * A is packed once, by groups of rows (`f32_gemm_pack`); then each panel of columns is a work item (`f32_gemm_tiles`) that
 * packs its part of B into the thread's scratch, a block of k at a time, and runs the register tile down all rows.
 * Where B is small and A tall it's the other way round: B is packed once (`f32_gemm_pack_columns`), and parts of the rows are work
 * items that pack their own part of A (`f32_gemm_rows`). `f32_gemm_whole` does both for small matrices, one matrix of a batch a
 * work item.
 *
 * Layout of packed A: blocks of `depth` steps of k; in each the row groups one after another; in each group the
 * group's rows step by step.
 */
import { COLUMNS, ROWS, tile, tileLow } from './gemm-tile';
import { copyPart, LOW, packPlainColumns, packPlainRows, packTransposedColumns, packTransposedGroups, packTransposedRows } from './gemm-pack';
import { PACK_HALF_BYTES, packHalfColumns, packHalfTransposedColumns } from './gemm-pack-half';
import { finishRow } from './epilogue';

/** Bytes of scratch before the packed A of `f32_gemm_whole`: the panels of B, then one tile. */
const PANEL_BYTES: usize = 256 * 1024;
const TILE_BYTES: usize = 1024;
/** Where in them a B of 16 bits is prepared, past its panels. */
const HALF_AT: usize = PANEL_BYTES - PACK_HALF_BYTES;
/** Groups of rows between which the panels take turns. */
const STRETCH: i32 = 24;

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
/** What B is stored as: 0 float32, else see gemm-pack-half. */
const STORED: usize = 84;

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
  const full = fullGroups(m);
  const rows = full * ROWS + lowGroups(m) * LOW;
  for (let k0 = 0; k0 < k; k0 += depth) {
    const steps = min(depth, k - k0);
    const block = packed + ((<usize>rows * k0) << 2);
    packGroups(p, a, k0, steps, begin, end, block + ((<usize>groupStart(begin, full) * steps) << 2));
  }
}

/** Packs a block's part of groups of rows. */
function packGroups(p: usize, a: usize, k0: i32, steps: i32, begin: i32, end: i32, to: usize): void {
  const m = load<i32>(p, M);
  const stride = load<u32>(p, LDA) << 2;
  const transposed = load<i32>(p, TRANSPOSE_A);
  const full = fullGroups(m);
  if (transposed) a += <usize>k0 * stride;
  else a += <usize>k0 << 2;
  if (transposed) {
    const whole = min(min(full, m / ROWS), end) - begin;
    if (whole > 0) {
      packTransposedGroups(a, stride, begin * ROWS, whole, steps, to);
      to += <usize>(whole * ROWS * steps) << 2;
      begin += whole;
    }
  }
  for (let group = begin; group < end; group++) {
    const row = groupStart(group, full);
    const height = group < full ? ROWS : LOW;
    if (transposed) packTransposedRows(a, stride, row, m, height, steps, to);
    else packPlainRows(a, stride, row, m, height, steps, to);
    to += <usize>(height * steps) << 2;
  }
}

function tiles(p: usize, packed: usize, b: usize, c: usize, begin: i32, end: i32, scratch: usize): void {
  const m = load<i32>(p, M);
  const n = load<i32>(p, N);
  const k = load<i32>(p, K);
  const depth = load<i32>(p, DEPTH);
  const splits = load<i32>(p, SPLITS);
  const strideC = load<u32>(p, LDC) << 2;
  const accumulate = load<i32>(p, ACCUMULATE) != 0;
  const panels = (n + COLUMNS - 1) / COLUMNS;
  const full = fullGroups(m);
  const groups = full + lowGroups(m);
  const rows = full * ROWS + (groups - full) * LOW;
  const spare = scratch + PANEL_BYTES;
  const most = <i32>((load<i32>(p, STORED) == 0 ? PANEL_BYTES : HALF_AT) / (<usize>min(depth, k) * COLUMNS * 4));
  for (let item = begin; item < end; ) {
    const part = item / panels;
    const panel = item % panels;
    // Neighbouring panels are packed together, because their rows lie side by side in memory.
    const count = min(most, min(end - item, panels - panel));
    const column = panel * COLUMNS;
    const first = (groups * part) / splits;
    const past = (groups * (part + 1)) / splits;
    for (let k0 = 0; k0 < k; k0 += depth) {
      const steps = min(depth, k - k0);
      packColumns(p, b, k0, column, count, steps, scratch, scratch + HALF_AT);
      const left = packed + ((<usize>(rows * k0) + <usize>groupStart(first, full) * steps) << 2);
      multiply(p, left, scratch, c, first, past, column, count, steps, accumulate || k0 > 0, spare);
    }
    finish(p, c, strideC, groupStart(first, full), min(m, groupStart(past, full)), column, min(count * COLUMNS, n - column));
    item += count;
  }
}

/** C's part of some groups of rows and panels of columns, both packed, of one block of k. */
function multiply(p: usize, left: usize, right: usize, c: usize, first: i32, past: i32, column: i32, count: i32, steps: i32, add: bool, spare: usize): void {
  const m = load<i32>(p, M);
  const n = load<i32>(p, N);
  const stride = load<u32>(p, LDC) << 2;
  const full = fullGroups(m);
  const start = groupStart(first, full);
  // A stretch of A stays in the second-level cache for all the panels.
  for (let from = first; from < past; from += STRETCH) {
    const until = min(past, from + STRETCH);
    for (let j = 0; j < count; j++) {
      const b = right + ((<usize>(j * steps) * COLUMNS) << 2);
      const at = column + j * COLUMNS;
      const width = min(COLUMNS, n - at);
      for (let group = from; group < until; group++) {
        const row = groupStart(group, full);
        const height = group < full ? ROWS : LOW;
        const a = left + ((<usize>(row - start) * steps) << 2);
        const to = c + <usize>row * stride + (<usize>at << 2);
        if (width == COLUMNS && row + height <= m) {
          if (group < full) tile(steps, a, b, to, stride, add);
          else tileLow(steps, a, b, to, stride, add);
        } else {
          if (group < full) tile(steps, a, b, spare, COLUMNS * 4, false);
          else tileLow(steps, a, b, spare, COLUMNS * 4, false);
          copyPart(spare, to, stride, min(height, m - row), width, add);
        }
      }
    }
  }
}

/** Work items: panels of columns, packed for `f32_gemm_rows`: blocks of `depth` steps of k, in each the panels one after another. */
export function f32_gemm_pack_columns(p: usize, begin: i32, end: i32, scratch: usize): void {
  const k = load<i32>(p, K);
  const depth = load<i32>(p, DEPTH);
  const columns = <usize>((load<i32>(p, N) + COLUMNS - 1) / COLUMNS) * COLUMNS;
  for (let k0 = 0; k0 < k; k0 += depth) {
    const steps = min(depth, k - k0);
    const to = <usize>load<u32>(p, PACKED) + ((columns * k0 + <usize>(begin * COLUMNS) * steps) << 2);
    packColumns(p, load<u32>(p, B), k0, begin * COLUMNS, end - begin, steps, to, scratch);
  }
}

/** Work items: groups of rows; each stretch of them is packed for all columns, which are packed already. */
export function f32_gemm_rows(p: usize, begin: i32, end: i32, scratch: usize): void {
  const m = load<i32>(p, M);
  const n = load<i32>(p, N);
  const k = load<i32>(p, K);
  const depth = load<i32>(p, DEPTH);
  const accumulate = load<i32>(p, ACCUMULATE) != 0;
  const panels = (n + COLUMNS - 1) / COLUMNS;
  const full = fullGroups(m);
  const c = load<u32>(p, C);
  const parts = (end - begin + STRETCH - 1) / STRETCH;
  for (let part = 0; part < parts; part++) {
    const first = begin + ((end - begin) * part) / parts;
    const past = begin + ((end - begin) * (part + 1)) / parts;
    for (let k0 = 0; k0 < k; k0 += depth) {
      const steps = min(depth, k - k0);
      packGroups(p, load<u32>(p, A), k0, steps, first, past, scratch + TILE_BYTES);
      const right = <usize>load<u32>(p, PACKED) + ((<usize>(panels * COLUMNS) * k0) << 2);
      multiply(p, scratch + TILE_BYTES, right, c, first, past, 0, panels, steps, accumulate || k0 > 0, scratch);
    }
    finish(p, c, load<u32>(p, LDC) << 2, groupStart(first, full), min(m, groupStart(past, full)), 0, n);
  }
}

/** Packs panels of columns of a block of k. */
function packColumns(p: usize, b: usize, k0: i32, column: i32, count: i32, steps: i32, to: usize, scratch: usize): void {
  const n = load<i32>(p, N);
  const stored = load<i32>(p, STORED);
  const transposed = load<i32>(p, TRANSPOSE_B);
  const stride = <usize>load<u32>(p, LDB) << (stored == 0 ? 2 : 1);
  if (stored != 0) {
    if (transposed) packHalfTransposedColumns(b + (<usize>k0 << 1), stride, column, n, count, steps, to, stored, scratch);
    else packHalfColumns(b + <usize>k0 * stride + (<usize>column << 1), stride, n - column, count, steps, to, stored, scratch);
  } else if (transposed) packTransposedColumns(b + (<usize>k0 << 2), stride, column, n, count, steps, to);
  else packPlainColumns(b + <usize>k0 * stride + (<usize>column << 2), stride, n - column, count, steps, to);
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
