/**
 * f32-sddmm: the product Dᵀ·X of two batches at the non-zeros of a sparse matrix only,
 *   values[q] = sum over examples e of D[row(q)][e]·X[column(q)][e],
 * the gradient of the values of a sparse product. D and X lie in blocks (see layout.ts).
 */
import { madd } from '../simd/madd';
import { blockAt, blockWidth, BLOCK, sliceStart } from './layout';

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

/** Work items: slices of rows with as many non-zeros. */
export function f32_sddmm(p: usize, begin: i32, end: i32, scratch: usize): void {
  const pointers = load<u32>(p, POINTERS);
  const rows = load<i32>(p, ROWS);
  const slices = load<i32>(p, SLICES);
  const batch = load<i32>(p, BATCH);
  const first = sliceStart(pointers, rows, begin, slices);
  const past = sliceStart(pointers, rows, end, slices);
  const blocks = (batch + BLOCK - 1) / BLOCK;
  for (let block = 0; block < blocks; block++) {
    const bytes = <usize>blockWidth(block, batch) << 2;
    const x = blockAt(load<u32>(p, X), block, load<i32>(p, COLUMNS));
    let d = blockAt(load<u32>(p, D), block, rows) + <usize>first * bytes;
    for (let row = first; row < past; row++) {
      const at = pointers + (<usize>row << 2);
      rowOfBlock(load<u32>(p, INDICES), load<u32>(p, VALUES), <usize>load<u32>(at) << 2, <usize>load<u32>(at, 4) << 2, d, x, bytes, block > 0, scratch);
      d += bytes;
    }
  }
}

function rowOfBlock(indices: usize, values: usize, q: usize, past: usize, d: usize, x: usize, bytes: usize, add: bool, scratch: usize): void {
  for (; q + 16 <= past; q += 16) {
    let sums = four(indices + q, d, x, bytes, scratch);
    if (add) sums = f32x4.add(sums, v128.load(values + q));
    v128.store(values + q, sums);
  }
  for (; q < past; q += 4) {
    const sum = one(x + <usize>load<u32>(indices + q) * bytes, d, bytes);
    store<f32>(values + q, add ? load<f32>(values + q) + sum : sum);
  }
}

/** Four non-zeros of a row: each of the row's values is read once for all of them. */
// @ts-ignore: decorator
@inline
function four(indices: usize, d: usize, x: usize, bytes: usize, scratch: usize): v128 {
  let x0 = x + <usize>load<u32>(indices) * bytes;
  let x1 = x + <usize>load<u32>(indices, 4) * bytes;
  let x2 = x + <usize>load<u32>(indices, 8) * bytes;
  let x3 = x + <usize>load<u32>(indices, 12) * bytes;
  let a0 = f32x4.splat(0), b0 = a0, a1 = a0, b1 = a0, a2 = a0, b2 = a0, a3 = a0, b3 = a0;
  const end = d + bytes;
  for (; d < end; d += 32) {
    const da = v128.load(d);
    const db = v128.load(d, 16);
    a0 = madd(v128.load(x0), da, a0);
    b0 = madd(v128.load(x0, 16), db, b0);
    a1 = madd(v128.load(x1), da, a1);
    b1 = madd(v128.load(x1, 16), db, b1);
    a2 = madd(v128.load(x2), da, a2);
    b2 = madd(v128.load(x2, 16), db, b2);
    a3 = madd(v128.load(x3), da, a3);
    b3 = madd(v128.load(x3, 16), db, b3);
    x0 += 32;
    x1 += 32;
    x2 += 32;
    x3 += 32;
  }
  if (WIDE) {
    // By way of memory, because pairs are widened from their stores on.
    v128.store(scratch, a0);
    v128.store(scratch, b0, 16);
    v128.store(scratch, a1, 32);
    v128.store(scratch, b1, 48);
    v128.store(scratch, a2, 64);
    v128.store(scratch, b2, 80);
    v128.store(scratch, a3, 96);
    v128.store(scratch, b3, 112);
    a0 = v128.load(scratch);
    b0 = v128.load(scratch, 16);
    a1 = v128.load(scratch, 32);
    b1 = v128.load(scratch, 48);
    a2 = v128.load(scratch, 64);
    b2 = v128.load(scratch, 80);
    a3 = v128.load(scratch, 96);
    b3 = v128.load(scratch, 112);
  }
  return totals(f32x4.add(a0, b0), f32x4.add(a1, b1), f32x4.add(a2, b2), f32x4.add(a3, b3));
}

/** The sums of four vectors' lanes, as one vector. */
// @ts-ignore: decorator
@inline
function totals(s0: v128, s1: v128, s2: v128, s3: v128): v128 {
  const low = f32x4.add(i32x4.shuffle(s0, s1, 0, 4, 1, 5), i32x4.shuffle(s0, s1, 2, 6, 3, 7));
  const high = f32x4.add(i32x4.shuffle(s2, s3, 0, 4, 1, 5), i32x4.shuffle(s2, s3, 2, 6, 3, 7));
  return f32x4.add(i64x2.shuffle(low, high, 0, 2), i64x2.shuffle(low, high, 1, 3));
}

function one(x: usize, d: usize, bytes: usize): f32 {
  let a = f32x4.splat(0), b = a;
  for (let e: usize = 0; e < bytes; e += 32) {
    a = madd(v128.load(x + e), v128.load(d + e), a);
    b = madd(v128.load(x + e, 16), v128.load(d + e, 16), b);
  }
  const t = f32x4.add(a, b);
  return f32x4.extract_lane(t, 0) + f32x4.extract_lane(t, 1) + (f32x4.extract_lane(t, 2) + f32x4.extract_lane(t, 3));
}
