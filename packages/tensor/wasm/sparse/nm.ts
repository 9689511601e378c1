/**
 * f32-nm-backward: both gradients of Y = X·Sᵀ for a sparse S[rows, columns] of which every row has as many non-zeros in each piece of
 * columns, as in N:M sparsity:
 *   dX[batch, columns] = D·S, and dvalues[q] = the sum over examples e of D[e][row(q)]·X[e][column(q)].
 *
 * Where a row's non-zeros of a piece are is known without looking, so that all rows can go through one piece after another, whose runs of
 * X and dX stay in the first-level cache. By columns, values of the same column would lie a row's length apart, often a power of two, and
 * drive each other out of the caches. X, D and dX lie in blocks (see layout.ts).
 */
import { BLOCK, blockAt, blockWidth, clearBeyond } from './layout';
import { gradientsFirst, gradientsNext, gradientsOfEightFirst, gradientsOfEightNext, NM_TILE } from './nm-tile';
import { addUp } from './partial-sums';

// Parameters, as words.
/** The column of each non-zero, row by row. */
const INDICES: usize = 0;
const VALUES: usize = 4;
const X: usize = 8;
const D: usize = 12;
const ROWS: usize = 16;
const COLUMNS: usize = 20;
const BATCH: usize = 24;
/** Columns of a piece, of which there is a whole number, and each row's non-zeros there. */
const PIECE: usize = 28;
const IN_PIECE: usize = 32;
const DVALUES: usize = 36;
const DX: usize = 40;

/** Work items: pieces of columns. */
export function f32_nm_backward(p: usize, begin: i32, end: i32, scratch: usize): void {
  const blocks = (load<i32>(p, BATCH) + BLOCK - 1) / BLOCK;
  for (let block = 0; block < blocks; block++) {
    for (let item = begin; item < end; item++) gradients(p, block, item, scratch);
  }
}

function gradients(p: usize, block: i32, item: i32, sums: usize): void {
  const batch = load<i32>(p, BATCH);
  const rows = load<i32>(p, ROWS);
  const columns = load<i32>(p, COLUMNS);
  const piece = load<i32>(p, PIECE);
  const length = <usize>load<u32>(p, IN_PIECE) << 2;
  const inRow = <usize>(columns / piece) * length;
  const toValues = <usize>load<u32>(p, VALUES) - <usize>load<u32>(p, INDICES);
  const toGradients = <usize>load<u32>(p, DVALUES) - <usize>load<u32>(p, INDICES);
  const width = blockWidth(block, batch);
  const bytes = <usize>width << 2;
  const x = blockAt(load<u32>(p, X), block, columns);
  const dx = blockAt(load<u32>(p, DX), block, columns);
  const own = dx + <usize>(item * piece) * bytes;
  for (let to = own; to < own + <usize>piece * bytes; to += 32) {
    v128.store(to, f32x4.splat(0));
    v128.store(to, f32x4.splat(0), 16);
  }
  let d = blockAt(load<u32>(p, D), block, rows);
  let at = <usize>load<u32>(p, INDICES) + <usize>item * length;
  for (let row = 0; row < rows; row++) {
    const past = at + length;
    let e: usize = 0;
    for (; e + NM_TILE * 4 <= bytes; e += NM_TILE * 4) {
      // In the wide tier a block is one tile.
      if (WIDE || e == 0) gradientsFirst(at, past, at + toValues, sums, d, bytes, x, dx);
      else gradientsNext(at, past, at + toValues, sums, d + e, bytes, x + e, dx + e);
    }
    for (; e < bytes; e += 32) {
      if (e == 0) gradientsOfEightFirst(at, past, at + toValues, sums, d, bytes, x, dx);
      else gradientsOfEightNext(at, past, at + toValues, sums, d + e, bytes, x + e, dx + e);
    }
    addUp(sums, at + toGradients, length, block > 0);
    at += inRow;
    d += bytes;
  }
  clearBeyond(own, min(BLOCK, batch - block * BLOCK), width, piece);
}
