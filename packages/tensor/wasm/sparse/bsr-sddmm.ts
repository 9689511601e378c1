/**
 * f32-bsr-sddmm: the product Dᵀ·X of two batches at the blocks of a sparse matrix only, the gradient of their values.
 * D and X lie in blocks of examples (see layout.ts); a block's values lie row by row.
 */
import { BLOCK, blockAt, blockWidth, sliceStart } from './layout';
import { dots1x1, dots4x1, dots4x2 } from './bsr-tile';
import { totals } from './partial-sums';

// Parameters, as words.
const POINTERS: usize = 0;
const INDICES: usize = 4;
const VALUES: usize = 8;
const D: usize = 12;
const X: usize = 16;
const BLOCK_ROWS: usize = 20;
const BLOCK_COLUMNS: usize = 24;
const HEIGHT: usize = 28;
const WIDTH: usize = 32;
const BATCH: usize = 36;
const SLICES: usize = 40;

/** Work items: slices of block rows with as many blocks. */
export function f32_bsr_sddmm(p: usize, begin: i32, end: i32, scratch: usize): void {
  const pointers = <usize>load<u32>(p, POINTERS);
  const indices = <usize>load<u32>(p, INDICES);
  const blockRows = load<i32>(p, BLOCK_ROWS);
  const slices = load<i32>(p, SLICES);
  const height = load<i32>(p, HEIGHT);
  const width = load<i32>(p, WIDTH);
  const size = <usize>(height * width) << 2;
  const past = sliceStart(pointers, blockRows, end, slices, 1);
  for (let row = sliceStart(pointers, blockRows, begin, slices, 1); row < past; row++) {
    const at = pointers + (<usize>row << 2);
    for (let q = load<i32>(at); q < load<i32>(at, 4); q++)
      oneBlock(p, row * height, load<i32>(indices + (<usize>q << 2)) * width, <usize>load<u32>(p, VALUES) + <usize>q * size, scratch);
  }
}

function oneBlock(p: usize, row: i32, column: i32, values: usize, scratch: usize): void {
  const height = load<i32>(p, HEIGHT);
  const width = load<i32>(p, WIDTH);
  const rows = load<i32>(p, BLOCK_ROWS) * height;
  const columns = load<i32>(p, BLOCK_COLUMNS) * width;
  const batch = load<i32>(p, BATCH);
  const d = <usize>load<u32>(p, D);
  const x = <usize>load<u32>(p, X);
  const down = <usize>width << 2;
  // The longer side of the block is the one of which four runs are held.
  if (height >= 4) panels(d, rows, row, height, down, x, columns, column, width, 4, batch, values, scratch);
  else panels(x, columns, column, width, 4, d, rows, row, height, down, batch, values, scratch);
}

/** values + i·downA + j·downB for the runs i of A from `a` on and j of B from `b` on. */
function panels(
  atA: usize,
  featuresA: i32,
  a: i32,
  countA: i32,
  downA: usize,
  atB: usize,
  featuresB: i32,
  b: i32,
  countB: i32,
  downB: usize,
  batch: i32,
  values: usize,
  sums: usize,
): void {
  const whole = batch / BLOCK;
  const rest = <usize>blockWidth(whole, batch) << 2;
  for (let i = 0; i < countA; ) {
    const high = i + 4 <= countA ? 4 : 1;
    for (let j = 0; j < countB; ) {
      const wide = high == 4 && j + 2 <= countB ? 2 : 1;
      const to = values + <usize>i * downA + <usize>j * downB;
      if (whole > 0) {
        products(atA + (<usize>(a + i) << 8), atB + (<usize>(b + j) << 8), 256, whole, <usize>featuresA << 8, <usize>featuresB << 8, high, wide, sums);
        store4(sums, high, wide, to, downA, downB, false);
      }
      if (batch > whole * BLOCK) {
        const from = blockAt(atA, whole, featuresA) + <usize>(a + i) * rest;
        products(from, blockAt(atB, whole, featuresB) + <usize>(b + j) * rest, rest, 1, 0, 0, high, wide, sums);
        store4(sums, high, wide, to, downA, downB, whole > 0);
      }
      j += wide;
    }
    i += high;
  }
}

// @ts-ignore: decorator
@inline
function products(a: usize, b: usize, bytes: usize, blocks: i32, nextA: usize, nextB: usize, high: i32, wide: i32, sums: usize): void {
  if (high == 1) dots1x1(a, b, bytes, blocks, nextA, nextB, sums);
  else if (wide == 1) dots4x1(a, b, bytes, blocks, nextA, nextB, sums);
  else dots4x2(a, b, bytes, blocks, nextA, nextB, sums);
}

/** The products of four runs with one or two, or of one with one, each added up and put in its place. */
function store4(sums: usize, high: i32, wide: i32, to: usize, downA: usize, downB: usize, add: bool): void {
  for (let j = 0; j < wide; j++) {
    const from = sums + (<usize>j << 5);
    const step = <usize>wide << 5;
    if (high == 1) {
      const t = lanes(from);
      const sum = f32x4.extract_lane(t, 0) + f32x4.extract_lane(t, 1) + (f32x4.extract_lane(t, 2) + f32x4.extract_lane(t, 3));
      store<f32>(to, add ? load<f32>(to) + sum : sum);
    } else {
      let t = totals(lanes(from), lanes(from + step), lanes(from + step * 2), lanes(from + step * 3));
      if (add) {
        let old = v128.load32_zero(to);
        old = v128.load32_lane(to + downA, old, 1);
        old = v128.load32_lane(to + downA * 2, old, 2);
        old = v128.load32_lane(to + downA * 3, old, 3);
        t = f32x4.add(t, old);
      }
      v128.store32_lane(to, t, 0);
      v128.store32_lane(to + downA, t, 1);
      v128.store32_lane(to + downA * 2, t, 2);
      v128.store32_lane(to + downA * 3, t, 3);
    }
    to += downB;
  }
}

// @ts-ignore: decorator
@inline
function lanes(sums: usize): v128 {
  return f32x4.add(v128.load(sums), v128.load(sums, 16));
}
