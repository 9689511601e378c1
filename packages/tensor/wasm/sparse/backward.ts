/**
 * f32-sparse-backward: both gradients of Y = X·Sᵀ for a sparse S[rows, columns] in one pass over its columns,
 *   dX[batch, columns] = D·S, row-major, and dvalues[q] = sum over examples e of D[e][row(q)]·X[e][column(q)].
 *
 * What bounds each of them alone is reading D (or X) from the second-level cache, a run of memory a non-zero. Column by
 * column one reading serves both. S is given by columns: values and dvalues are in their order. D and X lie in blocks.
 */
import { BLOCK, blockAt, blockWidth, GROUP, sliceStart } from './layout';
import { addUp, CHUNK } from './partial-sums';
import { eightFirst, eightNext, TILE, tileFirst, tileNext } from './streaming-tile';
import { transposeRows } from './transpose';

// Parameters, as words.
/** i32[columns + 1], where each column's non-zeros begin. */
const POINTERS: usize = 0;
/** The row of each non-zero. */
const INDICES: usize = 4;
const VALUES: usize = 8;
const DVALUES: usize = 12;
const D: usize = 16;
const X: usize = 20;
const DX: usize = 24;
const ROWS: usize = 28;
const COLUMNS: usize = 32;
const BATCH: usize = 36;
const SLICES: usize = 40;

/** Blocks of examples that are worked off together, so that what is read of D stays in the second-level cache. */
const BLOCKS_AT_ONCE: i32 = 2;
/** Where in scratch the partial sums begin, after a group's columns of dX. */
const SUMS_AT: usize = GROUP * BLOCK * BLOCKS_AT_ONCE * 4;

/** Work items: slices of columns with as many non-zeros. */
export function f32_sparse_backward(p: usize, begin: i32, end: i32, scratch: usize): void {
  const columns = load<i32>(p, COLUMNS);
  const slices = load<i32>(p, SLICES);
  const pointers = load<u32>(p, POINTERS);
  const first = sliceStart(pointers, columns, begin, slices);
  const past = sliceStart(pointers, columns, end, slices);
  const blocks = (load<i32>(p, BATCH) + BLOCK - 1) / BLOCK;
  for (let block = 0; block < blocks; block += BLOCKS_AT_ONCE) {
    const until = min(blocks, block + BLOCKS_AT_ONCE);
    for (let column = first; column < past; column += GROUP) group(p, block, until, column, min(GROUP, past - column), scratch);
  }
}

/** A group of columns for the blocks of examples from `block` to `until`. */
function group(p: usize, block: i32, until: i32, column: i32, count: i32, scratch: usize): void {
  const columns = load<i32>(p, COLUMNS);
  const batch = load<i32>(p, BATCH);
  for (let at = scratch; at < scratch + SUMS_AT; at += 32) {
    v128.store(at, f32x4.splat(0));
    v128.store(at, f32x4.splat(0), 16);
  }
  for (let i = 0; i < count; i++) {
    const at = load<u32>(p, POINTERS) + (<usize>(column + i) << 2);
    const past = <usize>load<u32>(at, 4) << 2;
    for (let q = <usize>load<u32>(at) << 2; q < past; q += CHUNK) chunk(p, block, until, column + i, i, q, min(past, q + CHUNK), scratch);
  }
  const stride = <usize>columns << 2;
  for (let b = block; b < until; b++) {
    const from = scratch + (<usize>((b - block) * BLOCK * GROUP) << 2);
    const to = load<u32>(p, DX) + <usize>(b * BLOCK) * stride + (<usize>column << 2);
    transposeRows(from, <usize>blockWidth(b, batch) << 2, to, stride, count, min(BLOCK, batch - b * BLOCK));
  }
}

/** Non-zeros of a column, given as byte offsets. */
function chunk(p: usize, block: i32, until: i32, column: i32, place: i32, q: usize, past: usize, scratch: usize): void {
  const batch = load<i32>(p, BATCH);
  const indices = load<u32>(p, INDICES) + q;
  const end = load<u32>(p, INDICES) + past;
  const weights = load<u32>(p, VALUES) + q;
  const sums = scratch + SUMS_AT;
  let first = true;
  for (let b = block; b < until; b++) {
    const bytes = <usize>blockWidth(b, batch) << 2;
    const x = blockAt(load<u32>(p, X), b, load<i32>(p, COLUMNS)) + <usize>column * bytes;
    const d = blockAt(load<u32>(p, D), b, load<i32>(p, ROWS));
    const dx = scratch + (<usize>((b - block) * BLOCK * GROUP) << 2) + <usize>place * bytes;
    let e: usize = 0;
    for (; e + TILE * 4 <= bytes; e += TILE * 4) {
      if (first) tileFirst(indices, end, weights, sums, d + e, bytes, x + e, dx + e);
      else tileNext(indices, end, weights, sums, d + e, bytes, x + e, dx + e);
      first = false;
    }
    for (; e < bytes; e += 32) {
      if (first) eightFirst(indices, end, weights, sums, d + e, bytes, x + e, dx + e);
      else eightNext(indices, end, weights, sums, d + e, bytes, x + e, dx + e);
      first = false;
    }
  }
  addUp(sums, load<u32>(p, DVALUES) + q, past - q, block > 0);
}
