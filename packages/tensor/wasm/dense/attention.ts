/**
 * f32-attention: out = dropout(softmax(scale·q·kᵀ + mask))·v for each head, a block of keys at a time, so that the scores of all
 * queries with all keys never exist (Dao et al. 2022, arXiv 2205.14135; the running maximum of Milakov & Gimelshein 2018,
 * arXiv 1805.02867).
 *
 * Scores stand transposed, a row of COLUMNS queries for each key. So the first product writes what the second reads as
 * its packed right operand, maxima and sums over keys are those of whole vectors, and nothing is packed in between.
 */
import { constant, ONE, writeConstants } from '../simd/constants';
import { expOrZero as exp } from '../simd/exp';
import { log } from '../simd/log';
import {
  addMaskColumns,
  CAUSAL,
  DEPTH,
  headOf,
  hideLater,
  K,
  KEYS,
  LEAST,
  MASK,
  MASK_KEY,
  MASK_QUERY,
  maskOf,
  OWN,
  Q,
  QUERIES,
  rowBytes,
  SCALE,
  scaleAll,
  storeTransposed,
  V,
  VALUE_DEPTH,
} from './attention-block';
import { dropColumns, drops } from './attention-dropout';
import { packPlainRows, packTransposedColumns, packTransposedRows } from './gemm-pack';
import { COLUMNS, ROWS, tile } from './gemm-tile';

// Parameters, as words, after those of attention-block.
const TO: usize = OWN;
/** For the gradient: the logarithm of each query's sum of exponentials. */
const LOG_SUM: usize = OWN + 16;
/** Panels of COLUMNS queries of a work item, work items of a head, and groups of ROWS keys of a block. */
const PANELS: usize = OWN + 20;
const BLOCKS: usize = OWN + 24;
const GROUPS: usize = OWN + 28;

/** Bytes of scratch before the operands: constants, random numbers. */
const NUMBERS: usize = 512;
const OPERANDS: usize = 1024;
const LINE: usize = COLUMNS * 4;

/** Work items: blocks of queries of each head. */
export function f32_attention(p: usize, begin: i32, end: i32, scratch: usize): void {
  const queries = load<i32>(p, QUERIES);
  const keys = load<i32>(p, KEYS);
  const depth = load<i32>(p, DEPTH);
  const valueDepth = load<i32>(p, VALUE_DEPTH);
  const scale = load<f32>(p, SCALE);
  const causal = load<i32>(p, CAUSAL) != 0;
  const most = load<i32>(p, PANELS);
  const blocks = load<i32>(p, BLOCKS);
  const groups = load<i32>(p, GROUPS);
  const mask = load<u32>(p, MASK) != 0;
  const dropping = drops(p);
  const rowK = rowBytes(p, K);
  const rowV = rowBytes(p, V);
  const depthBytes = <usize>depth << 2;
  const valueGroups = (valueDepth + ROWS - 1) / ROWS;
  const outBytes = <usize>(valueGroups * ROWS) * LINE;
  const panelBytes = <usize>depth * LINE;
  // Packed queries, keys and values, scores of a panel, results, maxima and sums.
  const packedQ = scratch + OPERANDS;
  const packedK = packedQ + <usize>most * panelBytes;
  const packedV = packedK + <usize>(groups * ROWS) * depthBytes;
  const scores = packedV + ((<usize>(valueGroups * ROWS) * <usize>(groups * ROWS)) << 2);
  const outs = scores + <usize>(groups * ROWS) * LINE;
  const maxima = outs + <usize>most * outBytes;
  const sums = maxima + <usize>most * LINE;
  writeConstants(scratch);
  for (let item = begin; item < end; item++) {
    const head = item / blocks;
    const q0 = (item - head * blocks) * most * COLUMNS;
    const count = min(most * COLUMNS, queries - q0);
    const panels = (count + COLUMNS - 1) / COLUMNS;
    const k = headOf(p, K, head);
    const v = headOf(p, V, head);
    packTransposedColumns(headOf(p, Q, head), rowBytes(p, Q), q0, queries, panels, depth, packedQ);
    scaleAll(packedQ, <usize>panels * panelBytes, scale);
    begins(maxima, sums, outs, <usize>panels * LINE, <usize>panels * outBytes);
    const past = causal ? min(keys, q0 + count) : keys;
    for (let k0 = 0; k0 < past; k0 += groups * ROWS) {
      const there = min(groups * ROWS, past - k0);
      for (let g = 0; g * ROWS < there; g++) packPlainRows(k, rowK, k0 + g * ROWS, keys, ROWS, depth, packedK + <usize>(g * ROWS) * depthBytes);
      const from = v + <usize>k0 * rowV;
      const step = (<usize>(ROWS * there)) << 2;
      for (let g = 0; g < valueGroups; g++) packTransposedRows(from, rowV, g * ROWS, valueDepth, ROWS, there, packedV + <usize>g * step);
      for (let panel = 0; panel < panels; panel++) {
        const query = q0 + panel * COLUMNS;
        // Keys after a panel's last query are none of its.
        const seen = causal ? min(there, query + COLUMNS - k0) : there;
        if (seen <= 0) continue;
        const right = packedQ + <usize>panel * panelBytes;
        for (let g = 0; g * ROWS < seen; g++) tile(depth, packedK + <usize>(g * ROWS) * depthBytes, right, scores + <usize>(g * ROWS) * LINE, LINE, false);
        if (mask) addMaskColumns(maskOf(p, head), load<u32>(p, MASK_QUERY), load<u32>(p, MASK_KEY), query, queries, k0, seen, scores);
        if (causal && k0 + seen - 1 > query) hideLater(scores, seen, k0 - query);
        const out = outs + <usize>panel * outBytes;
        const at = <usize>panel * LINE;
        exponentials(scores, <usize>seen * LINE, maxima + at, sums + at, out, outBytes, scratch);
        // After the sums, which are those of all.
        if (dropping) dropColumns(p, head, query, k0, seen, scores, scratch + NUMBERS);
        for (let g = 0; g < valueGroups; g++) tile(seen, packedV + <usize>g * step, scores, out + <usize>(g * ROWS) * LINE, LINE, true);
      }
    }
    const row = head * queries + q0;
    const rowTo = rowBytes(p, TO);
    const to = headOf(p, TO, head) + <usize>q0 * rowTo;
    for (let panel = 0; panel < panels; panel++) {
      const there = min(COLUMNS, count - panel * COLUMNS);
      const at = <usize>panel * LINE;
      const out = outs + <usize>panel * outBytes;
      finish(maxima + at, sums + at, out, outBytes, scratch);
      storeTransposed(out, to + <usize>(panel * COLUMNS) * rowTo, rowTo, valueDepth, there);
      memory.copy(<usize>load<u32>(p, LOG_SUM) + (<usize>(row + panel * COLUMNS) << 2), maxima + at, <usize>there << 2);
    }
  }
}

function begins(maxima: usize, sums: usize, outs: usize, bytes: usize, outBytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 16) v128.store(maxima + i, f32x4.splat(f32.NEGATIVE_INFINITY));
  memory.fill(sums, 0, bytes);
  memory.fill(outs, 0, outBytes);
}

/**
 * Goes on by a block: e^(scores - the greatest so far) in place of the scores; what was summed up with the greatest
 * before is brought to the new one.
 */
function exponentials(scores: usize, bytes: usize, maxima: usize, sums: usize, out: usize, outBytes: usize, k: usize): void {
  const past = scores + bytes;
  for (let j: usize = 0; j < LINE; j += 32) {
    const old0 = v128.load(maxima + j);
    const old1 = v128.load(maxima + j, 16);
    let m0 = old0;
    let m1 = old1;
    for (let at = scores + j; at < past; at += LINE) {
      m0 = f32x4.pmax(m0, v128.load(at));
      m1 = f32x4.pmax(m1, v128.load(at, 16));
    }
    v128.store(maxima + j, m0);
    v128.store(maxima + j, m1, 16);
    // Of a query that has seen no key yet the greatest is -infinity, which can't be subtracted from itself.
    m0 = f32x4.pmax(m0, f32x4.splat(LEAST));
    m1 = f32x4.pmax(m1, f32x4.splat(LEAST));
    let s0 = f32x4.splat(0);
    let s1 = f32x4.splat(0);
    let at = scores + j;
    for (; at + LINE < past; at += 2 * LINE) {
      const u0 = exp(f32x4.sub(v128.load(at), m0), k);
      const u1 = exp(f32x4.sub(v128.load(at, 16), m1), k);
      const w0 = exp(f32x4.sub(v128.load(at, LINE), m0), k);
      const w1 = exp(f32x4.sub(v128.load(at, LINE + 16), m1), k);
      v128.store(at, u0);
      v128.store(at, u1, 16);
      v128.store(at, w0, LINE);
      v128.store(at, w1, LINE + 16);
      s0 = f32x4.add(s0, f32x4.add(u0, w0));
      s1 = f32x4.add(s1, f32x4.add(u1, w1));
    }
    if (at < past) {
      const u0 = exp(f32x4.sub(v128.load(at), m0), k);
      const u1 = exp(f32x4.sub(v128.load(at, 16), m1), k);
      v128.store(at, u0);
      v128.store(at, u1, 16);
      s0 = f32x4.add(s0, u0);
      s1 = f32x4.add(s1, u1);
    }
    const a0 = exp(f32x4.sub(old0, m0), k);
    const a1 = exp(f32x4.sub(old1, m1), k);
    v128.store(sums + j, f32x4.add(f32x4.mul(v128.load(sums + j), a0), s0));
    v128.store(sums + j, f32x4.add(f32x4.mul(v128.load(sums + j, 16), a1), s1), 16);
    const end = out + outBytes;
    for (let to = out + j; to < end; to += LINE) {
      const o0 = f32x4.mul(v128.load(to), a0);
      const o1 = f32x4.mul(v128.load(to, 16), a1);
      v128.store(to, o0);
      v128.store(to, o1, 16);
    }
  }
}

/** Divides by the sums, and turns maxima into the logarithms of the sums; both are 0 of a query that saw no key. */
function finish(maxima: usize, sums: usize, out: usize, outBytes: usize, k: usize): void {
  for (let j: usize = 0; j < LINE; j += 16) {
    const sum = v128.load(sums + j);
    const blind = f32x4.eq(sum, f32x4.splat(0));
    v128.store(maxima + j, v128.andnot(f32x4.add(v128.load(maxima + j), log(sum, k)), blind));
    const by = v128.bitselect(constant(k, ONE), sum, blind);
    for (let at: usize = 0; at < outBytes; at += LINE) v128.store(out + at + j, f32x4.div(v128.load(out + at + j), by));
  }
}
