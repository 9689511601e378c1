/** What attention and its gradient do with a block of scores: masks, and results that stand transposed. */
import { COLUMNS } from './gemm-tile';

// Parameters of the mask, as words: its address or 0, and elements from one example, head, query and key to the next; 0 where
// all have the same.
export const MASK: usize = 0;
/** Heads of an example. */
const HEADS: usize = 4;
const MASK_BATCH: usize = 8;
const MASK_HEAD: usize = 12;
export const MASK_QUERY: usize = 16;
export const MASK_KEY: usize = 20;

// Parameters of both, as words. Each operand is four: its address, and bytes from one example, head and row to the next.
export const Q: usize = 24;
export const K: usize = 40;
export const V: usize = 56;
export const QUERIES: usize = 72;
export const KEYS: usize = 76;
export const DEPTH: usize = 80;
export const VALUE_DEPTH: usize = 84;
export const SCALE: usize = 88;
export const CAUSAL: usize = 92;
/** Four words of dropout, which attention-dropout reads. */
export const DROPOUT: usize = 96;
/** What forward and backward pass have of their own. */
export const OWN: usize = 112;

const LINE: usize = COLUMNS * 4;
/** Below all scores but -infinity. */
export const LEAST: f32 = -3.4e38;

/** Bytes from an operand's address to a head of it. */
export function placeOf(p: usize, operand: usize, head: i32): usize {
  const heads = load<i32>(p, HEADS);
  const example = head / heads;
  return <usize>example * load<u32>(p + operand, 4) + <usize>(head - example * heads) * load<u32>(p + operand, 8);
}

/** Address of a head of an operand. */
export function headOf(p: usize, operand: usize, head: i32): usize {
  return load<u32>(p + operand) + placeOf(p, operand, head);
}

export function rowBytes(p: usize, operand: usize): usize {
  return load<u32>(p + operand, 12);
}

/** Address of the mask of a head. */
export function maskOf(p: usize, head: i32): usize {
  const heads = load<i32>(p, HEADS);
  const example = head / heads;
  const at = example * load<i32>(p, MASK_BATCH) + (head - example * heads) * load<i32>(p, MASK_HEAD);
  return <usize>load<u32>(p, MASK) + (<usize>at << 2);
}

/** A masked score: what is not to be seen is -infinity, even if the score is NaN. */
// @ts-ignore: decorator
@inline
function masked(score: v128, mask: v128): v128 {
  return v128.bitselect(mask, f32x4.add(score, mask), f32x4.eq(mask, f32x4.splat(f32.NEGATIVE_INFINITY)));
}

/** Adds the mask to a block of scores, a row of COLUMNS queries for each of `seen` keys. */
export function addMaskColumns(mask: usize, ofQuery: usize, ofKey: usize, query: i32, queries: i32, key: i32, seen: i32, scores: usize): void {
  const queryBytes = ofQuery << 2;
  const keyBytes = ofKey << 2;
  mask += <usize>key * keyBytes;
  if (queryBytes == 0) {
    for (let i = 0; i < seen; i++) {
      const value = v128.load32_splat(mask);
      for (let j: usize = 0; j < LINE; j += 16) v128.store(scores + j, masked(v128.load(scores + j), value));
      mask += keyBytes;
      scores += LINE;
    }
    return;
  }
  const last = queries - 1;
  for (let j = 0; j < COLUMNS; j += 4) {
    let m0 = mask + <usize>min(query + j, last) * queryBytes;
    let m1 = mask + <usize>min(query + j + 1, last) * queryBytes;
    let m2 = mask + <usize>min(query + j + 2, last) * queryBytes;
    let m3 = mask + <usize>min(query + j + 3, last) * queryBytes;
    let at = scores + (<usize>j << 2);
    let i = 0;
    if (keyBytes == 4) {
      for (; i + 4 <= seen; i += 4) {
        const v0 = v128.load(m0);
        const v1 = v128.load(m1);
        const v2 = v128.load(m2);
        const v3 = v128.load(m3);
        const t0 = i32x4.shuffle(v0, v1, 0, 4, 1, 5);
        const t1 = i32x4.shuffle(v2, v3, 0, 4, 1, 5);
        const t2 = i32x4.shuffle(v0, v1, 2, 6, 3, 7);
        const t3 = i32x4.shuffle(v2, v3, 2, 6, 3, 7);
        v128.store(at, masked(v128.load(at), i64x2.shuffle(t0, t1, 0, 2)));
        v128.store(at, masked(v128.load(at, LINE), i64x2.shuffle(t0, t1, 1, 3)), LINE);
        v128.store(at, masked(v128.load(at, 2 * LINE), i64x2.shuffle(t2, t3, 0, 2)), 2 * LINE);
        v128.store(at, masked(v128.load(at, 3 * LINE), i64x2.shuffle(t2, t3, 1, 3)), 3 * LINE);
        m0 += 16;
        m1 += 16;
        m2 += 16;
        m3 += 16;
        at += 4 * LINE;
      }
    }
    for (; i < seen; i++) {
      let value = v128.load32_zero(m0);
      value = f32x4.replace_lane(value, 1, load<f32>(m1));
      value = f32x4.replace_lane(value, 2, load<f32>(m2));
      value = f32x4.replace_lane(value, 3, load<f32>(m3));
      v128.store(at, masked(v128.load(at), value));
      m0 += keyBytes;
      m1 += keyBytes;
      m2 += keyBytes;
      m3 += keyBytes;
      at += LINE;
    }
  }
}

/** Hides keys from the queries before them; `after` is by how much the first key comes after the first query. */
export function hideLater(scores: usize, seen: i32, after: i32): void {
  for (let i = max(0, -after + 1); i < seen; i++) {
    const first = i32x4.splat(after + i);
    const row = scores + <usize>i * LINE;
    let lanes = i32x4(0, 1, 2, 3);
    for (let j: usize = 0; j < LINE; j += 16) {
      v128.store(row + j, v128.bitselect(f32x4.splat(f32.NEGATIVE_INFINITY), v128.load(row + j), i32x4.lt_s(lanes, first)));
      lanes = i32x4.add(lanes, i32x4.splat(4));
    }
  }
}

/** Adds the mask to one query's scores with COLUMNS keys, of which `there` exist. */
export function addMaskRow(mask: usize, ofKey: usize, there: i32, scores: usize, spare: usize): void {
  if (ofKey == 0) {
    const value = v128.load32_splat(mask);
    for (let j: usize = 0; j < LINE; j += 16) v128.store(scores + j, masked(v128.load(scores + j), value));
    return;
  }
  if (there < COLUMNS) {
    for (let j: usize = 0; j < <usize>there << 2; j += 4) store<f32>(spare + j, load<f32>(mask + j));
    mask = spare;
  }
  for (let j: usize = 0; j < LINE; j += 16) v128.store(scores + j, masked(v128.load(scores + j), v128.load(mask + j)));
}

/** Hides all keys from the number `first` on from one query. */
export function hideFrom(scores: usize, first: i32): void {
  let lanes = i32x4(0, 1, 2, 3);
  for (let j: usize = 0; j < LINE; j += 16) {
    v128.store(scores + j, v128.bitselect(f32x4.splat(f32.NEGATIVE_INFINITY), v128.load(scores + j), i32x4.ge_s(lanes, i32x4.splat(first))));
    lanes = i32x4.add(lanes, i32x4.splat(4));
  }
}

/** Multiplies values in place; their bytes are a multiple of 32. */
export function scaleAll(at: usize, bytes: usize, by: f32): void {
  const scale = f32x4.splat(by);
  for (const past = at + bytes; at < past; at += 32) {
    const a = f32x4.mul(v128.load(at), scale);
    const b = f32x4.mul(v128.load(at, 16), scale);
    v128.store(at, a);
    v128.store(at, b, 16);
  }
}

/** Stores `there` columns of a block [depth, COLUMNS] as rows. */
export function storeTransposed(from: usize, to: usize, stride: usize, depth: i32, there: i32): void {
  let j = 0;
  for (; j + 4 <= there; j += 4) {
    let at = from + (<usize>j << 2);
    let out = to + <usize>j * stride;
    let d = 0;
    for (; d + 4 <= depth; d += 4) {
      const v0 = v128.load(at);
      const v1 = v128.load(at, LINE);
      const v2 = v128.load(at, 2 * LINE);
      const v3 = v128.load(at, 3 * LINE);
      const t0 = i32x4.shuffle(v0, v1, 0, 4, 1, 5);
      const t1 = i32x4.shuffle(v2, v3, 0, 4, 1, 5);
      const t2 = i32x4.shuffle(v0, v1, 2, 6, 3, 7);
      const t3 = i32x4.shuffle(v2, v3, 2, 6, 3, 7);
      v128.store(out, i64x2.shuffle(t0, t1, 0, 2));
      v128.store(out + stride, i64x2.shuffle(t0, t1, 1, 3));
      v128.store(out + 2 * stride, i64x2.shuffle(t2, t3, 0, 2));
      v128.store(out + 3 * stride, i64x2.shuffle(t2, t3, 1, 3));
      at += 4 * LINE;
      out += 16;
    }
    for (; d < depth; d++) {
      store<f32>(out, load<f32>(at));
      store<f32>(out + stride, load<f32>(at, 4));
      store<f32>(out + 2 * stride, load<f32>(at, 8));
      store<f32>(out + 3 * stride, load<f32>(at, 12));
      at += LINE;
      out += 4;
    }
  }
  for (; j < there; j++) {
    let at = from + (<usize>j << 2);
    let out = to + <usize>j * stride;
    for (let d = 0; d < depth; d++) {
      store<f32>(out, load<f32>(at));
      at += LINE;
      out += 4;
    }
  }
}
