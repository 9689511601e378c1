/**
 * f32-bsr: products with a matrix S of dense blocks in compressed block rows, both or one of
 *   Y[batch, rows] = activation(X[batch, columns]·Sᵀ + bias), and dvalues = Aᵀ·X at the blocks, for an A[batch, rows].
 *
 * Four rows of a block share what is read of X, so that the product is bound by arithmetic and not by the cache. Their columns become
 * a list with four weights each, whatever the size of a block, and X's runs of a piece of that list are read from the first-level cache
 * but once. The same kernel goes by S's columns: the values lie in other strides then, and `order` says where each block's are. So it is
 * the forward product, and by columns, with X as A and the outputs' gradients as X, the backward one.
 *
 * X, Y and A lie in blocks of examples (see layout.ts), which are shared out among parts; each part has dvalues of its own.
 */
import { finishRow } from '../dense/epilogue';
import { CHUNK, LIST, listFrom, packFour, packOne, unpackFour, unpackOne } from './bsr-panel';
import { dots1, dots4, FOUR_TILE, ONE_TILE, rows1, rows1x8, rows4, rows4x8 } from './bsr-tile';
import { BLOCK, blockAt, blockWidth, clearBeyond, GROUP, sliceStart } from './layout';
import { storeTransposed } from './transpose';

// Parameters, as words.
/** i32[block rows + 1], where each block row's blocks begin. */
const POINTERS: usize = 0;
/** The block column of each block. */
const INDICES: usize = 4;
/** i32, which of the values' blocks each is; 0 if they lie in order. */
const ORDER: usize = 8;
const VALUES: usize = 12;
const X: usize = 16;
/** 0 if only dvalues are wanted. */
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
const PARTS: usize = 56;
const BIAS: usize = 60;
const ACTIVATION: usize = 64;
const SLOPE: usize = 68;
const A: usize = 72;
/** Those of the first part, 0 if they aren't wanted; those of the others follow one another at WORK, each of SIZE bytes. */
const DVALUES: usize = 76;
const WORK: usize = 80;
const SIZE: usize = 84;

/** Blocks of examples that are worked off together, so that what is read of X stays in the second-level cache. */
const BLOCKS_AT_ONCE: i32 = 2;
/** Columns whose products are added up together. */
const SUMS: i32 = 32;

/** Work items: slices of block rows with as many blocks, part after part. */
export function f32_bsr(p: usize, begin: i32, end: i32, scratch: usize): void {
  const slices = load<i32>(p, SLICES);
  const pointers = load<u32>(p, POINTERS);
  const blockRows = load<i32>(p, BLOCK_ROWS);
  const height = load<i32>(p, HEIGHT);
  const together = max(1, GROUP / height);
  const parts = load<i32>(p, PARTS);
  const blocks = (load<i32>(p, BATCH) + BLOCK - 1) / BLOCK;
  for (let item = begin; item < end; ) {
    const part = item / slices;
    // Neighbouring slices of a part are one longer slice.
    const slice = item - part * slices;
    const last = min(slices, slice + (end - item));
    const first = sliceStart(pointers, blockRows, slice, slices, together);
    const past = sliceStart(pointers, blockRows, last, slices, together);
    const from = (blocks * part) / parts;
    const until = (blocks * (part + 1)) / parts;
    const dvalues = part == 0 ? load<u32>(p, DVALUES) : load<u32>(p, WORK) + (part - 1) * load<u32>(p, SIZE);
    for (let block = from; block < until; block += BLOCKS_AT_ONCE) {
      for (let row = first; row < past; row++) {
        for (let i = 0; i < height; ) {
          const four = i + 4 <= height;
          panel(p, row, i, four, block, min(until, block + BLOCKS_AT_ONCE), dvalues, block > from, scratch);
          i += four ? 4 : 1;
        }
      }
    }
    item += last - slice;
  }
}

/** Four rows of a block row, or one, from its row `i` on, for the blocks of examples from `block` to `until`. */
function panel(p: usize, row: i32, i: i32, four: bool, block: i32, until: i32, dvalues: usize, add: bool, scratch: usize): void {
  const width = load<i32>(p, WIDTH);
  const y = load<u32>(p, Y) != 0;
  const first = row * load<i32>(p, HEIGHT) + i;
  if (y) beginRows(p, first, four ? 4 : 1, block, until);
  const at = <usize>load<u32>(p, POINTERS) + (<usize>row << 2);
  const list = scratch;
  const places = list + LIST;
  const weights = places + LIST;
  // Columns of the panel, counted through.
  const from = load<i32>(at) * width;
  const end = load<i32>(at, 4) * width;
  for (let next = from; next < end; ) {
    const count = min(end - next, CHUNK);
    const wanted = y ? weights : 0;
    if (four && (width & 3) == 0) fillByFour(p, next, count, i, list, places, wanted);
    else fill(p, next, count, i, four, list, dvalues != 0 ? places : 0, wanted);
    next += count;
    if (y) multiply(p, first, four, block, until, list, list + (<usize>count << 2), weights);
    if (dvalues != 0) gradients(p, first, four, block, until, list, count, dvalues, add);
  }
  if (y) endRows(p, first, four ? 4 : 1, block, until);
}

/** Lists `count` of the panel's columns from the `next` on: which they are, and, unless `places` or `weights` is 0, where their values are, and these. */
function fill(p: usize, next: i32, count: i32, i: i32, four: bool, list: usize, places: usize, weights: usize): void {
  const width = load<i32>(p, WIDTH);
  const down = <usize>load<u32>(p, DOWN);
  const along = <usize>load<u32>(p, ALONG);
  const indices = <usize>load<u32>(p, INDICES);
  const order = <usize>load<u32>(p, ORDER);
  const values = <usize>load<u32>(p, VALUES);
  const size = <usize>(load<i32>(p, HEIGHT) * width) << 2;
  let q = next / width;
  let j = next - q * width;
  for (const end = list + (<usize>count << 2); list < end; ) {
    const n = min(width - j, <i32>(end - list) >> 2);
    const block = <usize>(order != 0 ? load<i32>(order + (<usize>q << 2)) : q);
    const place = block * size + <usize>i * down + <usize>j * along;
    listFrom(load<i32>(indices + (<usize>q << 2)) * width + j, 1, n, list);
    const bytes = <usize>n << 2;
    if (places != 0) {
      listFrom(<i32>place, <i32>along, n, places);
      places += bytes;
    }
    if (weights != 0) {
      if (four) {
        packFour(values + place, down, along, n, weights);
        weights += bytes << 2;
      } else {
        packOne(values + place, along, n, weights);
        weights += bytes;
      }
    }
    list += bytes;
    q++;
    j = 0;
  }
}

/** The same for four rows of blocks whose width is a multiple of 4: each four columns are two vectors of numbers and four of weights. */
function fillByFour(p: usize, next: i32, count: i32, i: i32, list: usize, places: usize, weights: usize): void {
  const width = load<i32>(p, WIDTH);
  const down = <usize>load<u32>(p, DOWN);
  const along = <usize>load<u32>(p, ALONG);
  const indices = <usize>load<u32>(p, INDICES);
  const order = <usize>load<u32>(p, ORDER);
  const values = <usize>load<u32>(p, VALUES);
  const size = <usize>(load<i32>(p, HEIGHT) * width) << 2;
  const steps = i32x4(0, 1, 2, 3);
  const alongs = i32x4.mul(i32x4.splat(<i32>along), steps);
  let q = <usize>(next / width) << 2;
  let j = next % width;
  for (const end = list + (<usize>count << 2); list < end; list += 16) {
    const block = order != 0 ? <usize>load<u32>(order + q) : q >> 2;
    const place = block * size + <usize>i * down + <usize>j * along;
    v128.store(list, i32x4.add(i32x4.splat(load<i32>(indices + q) * width + j), steps));
    v128.store(places, i32x4.add(i32x4.splat(<i32>place), alongs));
    places += 16;
    if (weights != 0) {
      const at = values + place;
      if (down == 4) {
        v128.store(weights, v128.load(at));
        v128.store(weights, v128.load(at + along), 16);
        v128.store(weights, v128.load(at + along * 2), 32);
        v128.store(weights, v128.load(at + along * 3), 48);
      } else storeTransposed(v128.load(at), v128.load(at + down), v128.load(at + down * 2), v128.load(at + down * 3), weights, 16);
      weights += 64;
    }
    j += 4;
    if (j == width) {
      j = 0;
      q += 4;
    }
  }
}

function multiply(p: usize, first: i32, four: bool, block: i32, until: i32, list: usize, past: usize, weights: usize): void {
  const batch = load<i32>(p, BATCH);
  const rows = load<i32>(p, BLOCK_ROWS) * load<i32>(p, HEIGHT);
  for (let b = block; b < until; b++) {
    const bytes = <usize>blockWidth(b, batch) << 2;
    const x = blockAt(load<u32>(p, X), b, load<i32>(p, COLUMNS));
    const to = blockAt(load<u32>(p, Y), b, rows) + <usize>first * bytes;
    let e: usize = 0;
    if (four) {
      for (; e + FOUR_TILE * 4 <= bytes; e += FOUR_TILE * 4) rows4(list, past, weights, x + e, bytes, to + e);
      for (; e < bytes; e += 32) rows4x8(list, past, weights, x + e, bytes, to + e);
    } else {
      for (; e + ONE_TILE * 4 <= bytes; e += ONE_TILE * 4) rows1(list, past, weights, x + e, bytes, to + e);
      for (; e < bytes; e += 32) rows1x8(list, past, weights, x + e, bytes, to + e);
    }
  }
}

function gradients(p: usize, first: i32, four: bool, block: i32, until: i32, list: usize, count: i32, dvalues: usize, add: bool): void {
  const batch = load<i32>(p, BATCH);
  const rows = load<i32>(p, BLOCK_ROWS) * load<i32>(p, HEIGHT);
  const columns = load<i32>(p, COLUMNS);
  const a = <usize>load<u32>(p, A);
  const x = <usize>load<u32>(p, X);
  // The list's length is made even; what the last one names twice goes nowhere.
  if (count & 1) store<i32>(list + (<usize>count << 2), load<i32>(list + (<usize>(count - 1) << 2)));
  const whole = min(until, batch / BLOCK) - block;
  const rest = until * BLOCK > batch ? until - 1 : -1;
  for (let from = 0; from < count; from += SUMS) {
    const n = min(count - from, SUMS);
    const begin = list + (<usize>from << 2);
    const end = begin + (<usize>((n + 1) & -2) << 2);
    if (whole > 0) {
      const own = blockAt(a, block, rows) + (<usize>first << 8);
      dots(p, begin, end, n, four, own, blockAt(x, block, columns), 256, whole, <usize>rows << 8, <usize>columns << 8, dvalues, add);
    }
    if (rest >= 0) {
      const bytes = <usize>blockWidth(rest, batch) << 2;
      const own = blockAt(a, rest, rows) + <usize>first * bytes;
      dots(p, begin, end, n, four, own, blockAt(x, rest, columns), bytes, 1, 0, 0, dvalues, add || whole > 0);
    }
  }
}

/** The gradients of `n` columns from `list` on. */
function dots(
  p: usize,
  list: usize,
  past: usize,
  n: i32,
  four: bool,
  a: usize,
  x: usize,
  bytes: usize,
  blocks: i32,
  nextA: usize,
  nextX: usize,
  dvalues: usize,
  add: bool,
): void {
  const places = list + LIST;
  const until = places + (<usize>n << 2);
  // Behind the lists and the weights, wherever in them this begins.
  const sums = list + LIST * 6;
  if (four) {
    dots4(list, past, a, x, bytes, blocks, nextA, nextX, sums);
    unpackFour(sums, places, until, dvalues, load<u32>(p, DOWN), add);
  } else {
    dots1(list, past, a, x, bytes, blocks, nextA, nextX, sums);
    unpackOne(sums, places, until, dvalues, add);
  }
}

/** Y's rows become the bias, or 0. */
function beginRows(p: usize, first: i32, high: i32, block: i32, until: i32): void {
  const bias = <usize>load<u32>(p, BIAS);
  for (let b = block; b < until; b++) {
    const bytes = <usize>blockWidth(b, load<i32>(p, BATCH)) << 2;
    let to = blockAt(load<u32>(p, Y), b, load<i32>(p, BLOCK_ROWS) * load<i32>(p, HEIGHT)) + <usize>first * bytes;
    for (let r = first; r < first + high; r++) {
      const start = bias != 0 ? v128.load32_splat(bias + (<usize>r << 2)) : f32x4.splat(0);
      for (const past = to + bytes; to < past; to += 32) {
        v128.store(to, start);
        v128.store(to, start, 16);
      }
    }
  }
}

function endRows(p: usize, first: i32, high: i32, block: i32, until: i32): void {
  const activation = load<i32>(p, ACTIVATION);
  const batch = load<i32>(p, BATCH);
  for (let b = block; b < until; b++) {
    const width = blockWidth(b, batch);
    const to = blockAt(load<u32>(p, Y), b, load<i32>(p, BLOCK_ROWS) * load<i32>(p, HEIGHT)) + (<usize>(first * width) << 2);
    if (activation != 0) finishRow(to, width * high, 0, activation, load<f32>(p, SLOPE));
    const examples = min(BLOCK, batch - b * BLOCK);
    if (examples < width) clearBeyond(to, examples, width, high);
  }
}
