/**
 * f32-spmm: Y[batch, rows] = activation(X[batch, columns]·Sᵀ + bias) for a sparse S[rows, columns] in compressed rows.
 *
 * X and Y lie in blocks (see layout.ts). A row of S walks its non-zeros and adds what they multiply to accumulators that
 * hold all examples of the block.
 */
import { finishRow } from '../dense/epilogue';
import { madd } from '../simd/madd';
import { BLOCK, blockAt, blockWidth, clearBeyond, GROUP, sliceStart } from './layout';

// Parameters, as words.
const POINTERS: usize = 0;
const INDICES: usize = 4;
const VALUES: usize = 8;
const X: usize = 12;
const Y: usize = 16;
const ROWS: usize = 20;
const COLUMNS: usize = 24;
const BATCH: usize = 28;
const SLICES: usize = 32;
/** Address of a value a row, or 0. */
const BIAS: usize = 36;
const ACTIVATION: usize = 40;
const SLOPE: usize = 44;

/** Work items: slices of rows with as many non-zeros, block after block. */
export function f32_spmm(p: usize, begin: i32, end: i32, scratch: usize): void {
  const slices = load<i32>(p, SLICES);
  const pointers = load<u32>(p, POINTERS);
  const rows = load<i32>(p, ROWS);
  for (let item = begin; item < end; ) {
    const block = item / slices;
    // Neighbouring slices of a block are one longer slice.
    const slice = item - block * slices;
    const past = min(slices, slice + (end - item));
    rowsOfBlock(p, block, sliceStart(pointers, rows, slice, slices), sliceStart(pointers, rows, past, slices));
    item += past - slice;
  }
}

function rowsOfBlock(p: usize, block: i32, first: i32, past: i32): void {
  const batch = load<i32>(p, BATCH);
  const pointers = load<u32>(p, POINTERS);
  const indices = load<u32>(p, INDICES);
  const values = load<u32>(p, VALUES);
  const bias = load<u32>(p, BIAS);
  const activation = load<i32>(p, ACTIVATION);
  const slope = load<f32>(p, SLOPE);
  const width = blockWidth(block, batch);
  const bytes = <usize>width << 2;
  const x = blockAt(load<u32>(p, X), block, load<i32>(p, COLUMNS));
  const y = blockAt(load<u32>(p, Y), block, load<i32>(p, ROWS));
  for (let group = first; group < past; group += GROUP) {
    const until = min(past, group + GROUP);
    const from = y + <usize>group * bytes;
    let to = from;
    for (let row = group; row < until; row++) {
      const at = pointers + (<usize>row << 2);
      const start = bias != 0 ? load<f32>(bias + (<usize>row << 2)) : 0;
      product(indices, values, load<u32>(at) << 2, load<u32>(at, 4) << 2, x, bytes, to, start);
      to += bytes;
    }
    if (activation != 0) finishRow(from, width * (until - group), 0, activation, slope);
    clearBeyond(from, min(BLOCK, batch - block * BLOCK), width, until - group);
  }
}

/** to[e] = start + sum over non-zeros q, given as byte offsets, of value[q]·x[index[q]][e], for `bytes` of examples. */
function product(indices: usize, values: usize, q: usize, past: usize, x: usize, bytes: usize, to: usize, start: f32): void {
  let e: usize = 0;
  if (WIDE) {
    if (bytes == 256) {
      product64(indices, values, q, past, x, to, start);
      return;
    }
  }
  for (; e + 128 <= bytes; e += 128) product32(indices, values, q, past, x + e, bytes, to + e, start);
  for (; e + 32 <= bytes; e += 32) product8(indices, values, q, past, x + e, bytes, to + e, start);
}

/** As many accumulators as the 256-bit registers can hold beside the operands. */
function product64(indices: usize, values: usize, q: usize, past: usize, x: usize, to: usize, start: f32): void {
  const s = f32x4.splat(start);
  let c0 = s, c1 = s, c2 = s, c3 = s, c4 = s, c5 = s, c6 = s, c7 = s;
  let c8 = s, c9 = s, ca = s, cb = s, cc = s, cd = s, ce = s, cf = s;
  for (; q < past; q += 4) {
    const at = x + (<usize>load<u32>(indices + q) << 8);
    const w = v128.load32_splat(values + q);
    c0 = madd(v128.load(at), w, c0);
    c1 = madd(v128.load(at, 16), w, c1);
    c2 = madd(v128.load(at, 32), w, c2);
    c3 = madd(v128.load(at, 48), w, c3);
    c4 = madd(v128.load(at, 64), w, c4);
    c5 = madd(v128.load(at, 80), w, c5);
    c6 = madd(v128.load(at, 96), w, c6);
    c7 = madd(v128.load(at, 112), w, c7);
    c8 = madd(v128.load(at, 128), w, c8);
    c9 = madd(v128.load(at, 144), w, c9);
    ca = madd(v128.load(at, 160), w, ca);
    cb = madd(v128.load(at, 176), w, cb);
    cc = madd(v128.load(at, 192), w, cc);
    cd = madd(v128.load(at, 208), w, cd);
    ce = madd(v128.load(at, 224), w, ce);
    cf = madd(v128.load(at, 240), w, cf);
  }
  v128.store(to, c0);
  v128.store(to, c1, 16);
  v128.store(to, c2, 32);
  v128.store(to, c3, 48);
  v128.store(to, c4, 64);
  v128.store(to, c5, 80);
  v128.store(to, c6, 96);
  v128.store(to, c7, 112);
  v128.store(to, c8, 128);
  v128.store(to, c9, 144);
  v128.store(to, ca, 160);
  v128.store(to, cb, 176);
  v128.store(to, cc, 192);
  v128.store(to, cd, 208);
  v128.store(to, ce, 224);
  v128.store(to, cf, 240);
}

function product32(indices: usize, values: usize, q: usize, past: usize, x: usize, bytes: usize, to: usize, start: f32): void {
  const s = f32x4.splat(start);
  let c0 = s, c1 = s, c2 = s, c3 = s, c4 = s, c5 = s, c6 = s, c7 = s;
  for (; q < past; q += 4) {
    const at = x + <usize>load<u32>(indices + q) * bytes;
    const w = v128.load32_splat(values + q);
    c0 = madd(v128.load(at), w, c0);
    c1 = madd(v128.load(at, 16), w, c1);
    c2 = madd(v128.load(at, 32), w, c2);
    c3 = madd(v128.load(at, 48), w, c3);
    c4 = madd(v128.load(at, 64), w, c4);
    c5 = madd(v128.load(at, 80), w, c5);
    c6 = madd(v128.load(at, 96), w, c6);
    c7 = madd(v128.load(at, 112), w, c7);
  }
  v128.store(to, c0);
  v128.store(to, c1, 16);
  v128.store(to, c2, 32);
  v128.store(to, c3, 48);
  v128.store(to, c4, 64);
  v128.store(to, c5, 80);
  v128.store(to, c6, 96);
  v128.store(to, c7, 112);
}

/** Few examples: two non-zeros at a time, so that one sum needn't wait for the other. */
function product8(indices: usize, values: usize, q: usize, past: usize, x: usize, bytes: usize, to: usize, start: f32): void {
  let c0 = f32x4.splat(start), c1 = c0;
  let d0 = f32x4.splat(0), d1 = d0;
  for (; q + 8 <= past; q += 8) {
    const at = x + <usize>load<u32>(indices + q) * bytes;
    const w = v128.load32_splat(values + q);
    const bt = x + <usize>load<u32>(indices + q, 4) * bytes;
    const v = v128.load32_splat(values + q, 4);
    c0 = madd(v128.load(at), w, c0);
    c1 = madd(v128.load(at, 16), w, c1);
    d0 = madd(v128.load(bt), v, d0);
    d1 = madd(v128.load(bt, 16), v, d1);
  }
  if (q < past) {
    const at = x + <usize>load<u32>(indices + q) * bytes;
    const w = v128.load32_splat(values + q);
    c0 = madd(v128.load(at), w, c0);
    c1 = madd(v128.load(at, 16), w, c1);
  }
  v128.store(to, f32x4.add(c0, d0));
  v128.store(to, f32x4.add(c1, d1), 16);
}
