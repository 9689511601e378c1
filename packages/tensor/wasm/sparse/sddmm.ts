/**
 * f32-sddmm: the product Dᵀ·X of two batches at the non-zeros of a sparse matrix only,
 *   values[q] = sum over examples e of D[row(q)][e]·X[column(q)][e],
 * the gradient of the values of a sparse product where that of its input isn't wanted. D and X lie in blocks.
 */
import { BLOCK, blockAt, blockWidth, sliceStart } from './layout';
import { addUp, CHUNK } from './partial-sums';
import { DOT_TILE, dotsFirst, dotsNext, dotsOfEightFirst, dotsOfEightNext } from './streaming-tile';

// Parameters, as words.
const POINTERS: usize = 0;
const INDICES: usize = 4;
const VALUES: usize = 8;
const D: usize = 12;
const X: usize = 16;
const ROWS: usize = 20;
const COLUMNS: usize = 24;
const BATCH: usize = 28;
const SLICES: usize = 32;

/** Blocks of examples that are worked off together, so that what is read of X stays in the second-level cache. */
const BLOCKS_AT_ONCE: i32 = 2;

/** Work items: slices of rows with as many non-zeros. */
export function f32_sddmm(p: usize, begin: i32, end: i32, scratch: usize): void {
  const pointers = load<u32>(p, POINTERS);
  const rows = load<i32>(p, ROWS);
  const slices = load<i32>(p, SLICES);
  const first = sliceStart(pointers, rows, begin, slices);
  const past = sliceStart(pointers, rows, end, slices);
  const blocks = (load<i32>(p, BATCH) + BLOCK - 1) / BLOCK;
  for (let block = 0; block < blocks; block += BLOCKS_AT_ONCE) {
    const until = min(blocks, block + BLOCKS_AT_ONCE);
    for (let row = first; row < past; row++) {
      const at = pointers + (<usize>row << 2);
      const end = <usize>load<u32>(at, 4) << 2;
      for (let q = <usize>load<u32>(at) << 2; q < end; q += CHUNK) chunk(p, block, until, row, q, min(end, q + CHUNK), scratch);
    }
  }
}

/** Non-zeros of a row, given as byte offsets, for the blocks of examples from `block` to `until`. */
function chunk(p: usize, block: i32, until: i32, row: i32, q: usize, past: usize, sums: usize): void {
  const batch = load<i32>(p, BATCH);
  const indices = load<u32>(p, INDICES) + q;
  const end = load<u32>(p, INDICES) + past;
  let first = true;
  for (let b = block; b < until; b++) {
    const bytes = <usize>blockWidth(b, batch) << 2;
    const d = blockAt(load<u32>(p, D), b, load<i32>(p, ROWS)) + <usize>row * bytes;
    const x = blockAt(load<u32>(p, X), b, load<i32>(p, COLUMNS));
    let e: usize = 0;
    for (; e + DOT_TILE * 4 <= bytes; e += DOT_TILE * 4) {
      if (first) dotsFirst(indices, end, sums, x + e, bytes, d + e);
      else dotsNext(indices, end, sums, x + e, bytes, d + e);
      first = false;
    }
    for (; e < bytes; e += 32) {
      if (first) dotsOfEightFirst(indices, end, sums, x + e, bytes, d + e);
      else dotsOfEightNext(indices, end, sums, x + e, bytes, d + e);
      first = false;
    }
  }
  addUp(sums, load<u32>(p, VALUES) + q, past - q, block > 0);
}
