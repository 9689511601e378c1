/**
 * f32-bsr-spmm: Y[batch, rows] = activation(X[batch, columns]·Sᵀ + bias) for an S of dense blocks in compressed block rows.
 *
 * Four rows of a block share what is read of X, so that the product is bound by arithmetic and not by the cache. The same
 * kernel goes by S's columns: the values lie in other strides then, and `order` says where each block's are.
 */
import { finishRow } from '../dense/epilogue';
import { BLOCK, blockAt, blockWidth, clearBeyond, GROUP, sliceStart } from './layout';
import { FOUR_TILE, ONE_TILE, rows1, rows1x8, rows4, rows4x8 } from './bsr-tile';

// Parameters, as words.
/** i32[block rows + 1], where each block row's blocks begin. */
const POINTERS: usize = 0;
/** The block column of each block. */
const INDICES: usize = 4;
/** i32, which of the values' blocks each is; 0 if they lie in order. */
const ORDER: usize = 8;
const VALUES: usize = 12;
const X: usize = 16;
const Y: usize = 20;
const BLOCK_ROWS: usize = 24;
/** Rows and columns of a block, as this product goes. */
const HEIGHT: usize = 28;
const WIDTH: usize = 32;
/** Bytes from one row of a block's values to the next, and from one column to the next. */
const DOWN: usize = 36;
const ALONG: usize = 40;
/** Columns of S. */
const COLUMNS: usize = 44;
const BATCH: usize = 48;
const SLICES: usize = 52;
const BIAS: usize = 56;
const ACTIVATION: usize = 60;
const SLOPE: usize = 64;

/** Work items: slices of block rows with as many blocks, block of examples after block. */
export function f32_bsr_spmm(p: usize, begin: i32, end: i32, scratch: usize): void {
  const slices = load<i32>(p, SLICES);
  const pointers = load<u32>(p, POINTERS);
  const blockRows = load<i32>(p, BLOCK_ROWS);
  const together = max(1, GROUP / load<i32>(p, HEIGHT));
  for (let item = begin; item < end; item++) {
    const block = item / slices;
    const slice = item - block * slices;
    const past = sliceStart(pointers, blockRows, slice + 1, slices, together);
    for (let row = sliceStart(pointers, blockRows, slice, slices, together); row < past; row += together)
      blockRowsOf(p, block, row, min(past, row + together));
  }
}

function blockRowsOf(p: usize, block: i32, first: i32, past: i32): void {
  const height = load<i32>(p, HEIGHT);
  const batch = load<i32>(p, BATCH);
  const bias = <usize>load<u32>(p, BIAS);
  const activation = load<i32>(p, ACTIVATION);
  const width = blockWidth(block, batch);
  const bytes = <usize>width << 2;
  const x = blockAt(load<u32>(p, X), block, load<i32>(p, COLUMNS));
  const y = blockAt(load<u32>(p, Y), block, load<i32>(p, BLOCK_ROWS) * height);
  for (let row = first * height; row < past * height; row += GROUP) {
    const until = min(past * height, row + GROUP);
    const to = y + <usize>row * bytes;
    for (let r = row; r < until; r++) {
      const start = bias != 0 ? v128.load32_splat(bias + (<usize>r << 2)) : f32x4.splat(0);
      for (let e: usize = 0; e < bytes; e += 16) v128.store(y + <usize>r * bytes + e, start);
    }
    for (let r = row; r < until; ) {
      const inBlock = r % height;
      const four = inBlock + 4 <= height && r + 4 <= until;
      run(p, r / height, inBlock, four, x, bytes, y + <usize>r * bytes);
      r += four ? 4 : 1;
    }
    if (activation != 0) finishRow(to, width * (until - row), 0, activation, load<f32>(p, SLOPE));
    clearBeyond(to, min(BLOCK, batch - block * BLOCK), width, until - row);
  }
}

/** Four rows of a block row, or one, from its row `inBlock` on. */
function run(p: usize, blockRow: i32, inBlock: i32, four: bool, x: usize, bytes: usize, to: usize): void {
  const indices = <usize>load<u32>(p, INDICES);
  const order = <usize>load<u32>(p, ORDER);
  const width = load<i32>(p, WIDTH);
  const down = <usize>load<u32>(p, DOWN);
  const along = <usize>load<u32>(p, ALONG);
  const size = <usize>(load<i32>(p, HEIGHT) * width) << 2;
  const values = <usize>load<u32>(p, VALUES) + <usize>inBlock * down;
  const at = <usize>load<u32>(p, POINTERS) + (<usize>blockRow << 2);
  const first = load<i32>(at);
  const past = load<i32>(at, 4);
  let e: usize = 0;
  if (four) {
    for (; e + FOUR_TILE * 4 <= bytes; e += FOUR_TILE * 4)
      rows4(indices, order, first, past, values, size, down, along, width, x + e, bytes, to + e);
    for (; e < bytes; e += 32) rows4x8(indices, order, first, past, values, size, down, along, width, x + e, bytes, to + e);
  } else {
    for (; e + ONE_TILE * 4 <= bytes; e += ONE_TILE * 4) rows1(indices, order, first, past, values, size, down, along, width, x + e, bytes, to + e);
    for (; e < bytes; e += 32) rows1x8(indices, order, first, past, values, size, down, along, width, x + e, bytes, to + e);
  }
}
