/**
 * f32-sparse-backward: both gradients of Y = X·Sᵀ for a sparse S[rows, columns] in one pass over its columns,
 *   dX[batch, columns] = D·S, and dvalues[q] = sum over examples e of D[e][row(q)]·X[e][column(q)].
 *
 * What bounds each of them alone is reading D (or X) from the second-level cache, a run of memory a non-zero. Column by
 * column one reading serves both. S is given by columns, and where their values are among the rows'. D, X and dX lie in blocks.
 *
 * The blocks are shared out among parts, so that a thread's activations stay in its own cache; each part has dvalues of
 * its own, which f32_add_parts adds up.
 */
import { gatherValues } from './gather-values';
import { BLOCK, blockAt, blockWidth, clearBeyond, sliceStart } from './layout';
import { addUpTo, CHUNK, SUMS_BYTES } from './partial-sums';
import { eightFirst, eightNext, TILE, tileFirst, tileNext } from './streaming-tile';

// Parameters, as words.
/** i32[columns + 1], where each column's non-zeros begin. */
const POINTERS: usize = 0;
/** The row of each non-zero. */
const INDICES: usize = 4;
/** The place of each non-zero's value. */
const PERMUTATION: usize = 8;
const VALUES: usize = 12;
/** Those of the first part; those of the others follow one another at WORK. */
const DVALUES: usize = 16;
const D: usize = 20;
const X: usize = 24;
const DX: usize = 28;
const ROWS: usize = 32;
const COLUMNS: usize = 36;
const BATCH: usize = 40;
const SLICES: usize = 44;
const PARTS: usize = 48;
const WORK: usize = 52;

/** Blocks of examples that are worked off together, so that what is read of D stays in the second-level cache. */
const BLOCKS_AT_ONCE: i32 = 2;

/** Work items: slices of columns with as many non-zeros, part after part. */
export function f32_sparse_backward(p: usize, begin: i32, end: i32, scratch: usize): void {
  const columns = load<i32>(p, COLUMNS);
  const slices = load<i32>(p, SLICES);
  const pointers = load<u32>(p, POINTERS);
  const parts = load<i32>(p, PARTS);
  const blocks = (load<i32>(p, BATCH) + BLOCK - 1) / BLOCK;
  for (let item = begin; item < end; ) {
    const part = item / slices;
    // Neighbouring slices of a part are one longer slice.
    const slice = item - part * slices;
    const last = min(slices, slice + (end - item));
    const first = sliceStart(pointers, columns, slice, slices);
    const past = sliceStart(pointers, columns, last, slices);
    const from = (blocks * part) / parts;
    const until = (blocks * (part + 1)) / parts;
    const dvalues = part == 0 ? load<u32>(p, DVALUES) : load<u32>(p, WORK) + <usize>(part - 1) * (load<u32>(pointers + (<usize>columns << 2)) << 2);
    for (let block = from; block < until; block += BLOCKS_AT_ONCE) {
      for (let c = first; c < past; c++) column(p, block, min(until, block + BLOCKS_AT_ONCE), c, dvalues, block > from, scratch);
    }
    item += last - slice;
  }
}

/** A column for the blocks of examples from `block` to `until`; its gradients go to dvalues, or are added to what is there. */
function column(p: usize, block: i32, until: i32, column: i32, dvalues: usize, add: bool, scratch: usize): void {
  const batch = load<i32>(p, BATCH);
  for (let b = block; b < until; b++) {
    const bytes = <usize>blockWidth(b, batch) << 2;
    const dx = blockAt(load<u32>(p, DX), b, load<i32>(p, COLUMNS)) + <usize>column * bytes;
    for (let at = dx; at < dx + bytes; at += 32) {
      v128.store(at, f32x4.splat(0));
      v128.store(at, f32x4.splat(0), 16);
    }
  }
  const at = load<u32>(p, POINTERS) + (<usize>column << 2);
  const past = <usize>load<u32>(at, 4) << 2;
  for (let q = <usize>load<u32>(at) << 2; q < past; q += CHUNK) chunk(p, block, until, column, q, min(past, q + CHUNK), dvalues, add, scratch);
  if (until * BLOCK <= batch) return;
  const width = blockWidth(until - 1, batch);
  clearBeyond(
    blockAt(load<u32>(p, DX), until - 1, load<i32>(p, COLUMNS)) + (<usize>(column * width) << 2),
    batch - (until - 1) * BLOCK,
    width,
    1,
  );
}

/** Non-zeros of a column, given as byte offsets. */
function chunk(p: usize, block: i32, until: i32, column: i32, q: usize, past: usize, dvalues: usize, add: bool, sums: usize): void {
  const batch = load<i32>(p, BATCH);
  const indices = load<u32>(p, INDICES) + q;
  const end = load<u32>(p, INDICES) + past;
  const weights = sums + SUMS_BYTES;
  const places = load<u32>(p, PERMUTATION) + q;
  gatherValues(places, places + (past - q), load<u32>(p, VALUES), weights);
  let first = true;
  for (let b = block; b < until; b++) {
    const bytes = <usize>blockWidth(b, batch) << 2;
    const x = blockAt(load<u32>(p, X), b, load<i32>(p, COLUMNS)) + <usize>column * bytes;
    const d = blockAt(load<u32>(p, D), b, load<i32>(p, ROWS));
    const dx = blockAt(load<u32>(p, DX), b, load<i32>(p, COLUMNS)) + <usize>column * bytes;
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
  addUpTo(sums, places, places + (past - q), dvalues, add);
}
