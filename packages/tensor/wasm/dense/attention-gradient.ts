/**
 * f32-attention, gradient: the scores are computed again, a block of queries with a block of keys at a time, from the
 * logarithms of the sums that the forward pass kept: with p = e^(score - log sum), d what dropout multiplies by (1 without it) and
 * ds = p·(d·(dout·vᵀ) - dout·out)·scale, dv = (d·p)ᵀ·dout, dk = dsᵀ·q and dq = ds·k.
 *
 * Scores stand with a row of COLUMNS keys for each query, so that p and ds are packed right operands of the first two products.
 */
import { writeConstants } from '../simd/constants';
import { expOrZero as exp } from '../simd/exp';
import {
  addMaskRow,
  CAUSAL,
  DEPTH,
  headOf,
  hideFrom,
  K,
  KEYS,
  MASK,
  MASK_KEY,
  MASK_QUERY,
  maskOf,
  OWN,
  placeOf,
  Q,
  QUERIES,
  rowBytes,
  SCALE,
  scaleAll,
  storeTransposed,
  V,
  VALUE_DEPTH,
} from './attention-block';
import { drops, factors, numbersOfRows } from './attention-dropout';
import { copyPart, packPlainColumns, packPlainRows, packTransposedColumns, packTransposedRows } from './gemm-pack';
import { COLUMNS, ROWS, tile } from './gemm-tile';
import { sumLanes } from '../simd/lanes';

// Parameters, as words, after those of attention-block.
const DOUT: usize = OWN;
/** As DOUT, address apart. */
const OUT: usize = OWN + 16;
const LOG_SUM: usize = OWN + 20;
/** Panels of COLUMNS keys and groups of ROWS queries of a block. */
const PANELS: usize = OWN + 24;
const GROUPS: usize = OWN + 28;
const DQ: usize = OWN + 32;
/** As K and V, address apart. */
const DK: usize = OWN + 48;
const DV: usize = OWN + 52;
/** Work items of a head, each with a part of the keys and its own DQ, which lie DQ_BYTES apart. */
const SPLITS: usize = OWN + 56;
const DQ_BYTES: usize = OWN + 60;

/** Bytes of scratch before the operands: constants, a line of the mask, random numbers, a tile, dout·out of a block of queries. */
const SPARE_LINE: usize = 512;
const NUMBERS: usize = 640;
const SPARE: usize = 1024;
const DELTAS: usize = 1472;
const OPERANDS: usize = 2048;
const LINE: usize = COLUMNS * 4;

/** Work items: parts of the keys of each head. */
export function f32_attention_gradient(p: usize, begin: i32, end: i32, scratch: usize): void {
  const queries = load<i32>(p, QUERIES);
  const keys = load<i32>(p, KEYS);
  const depth = load<i32>(p, DEPTH);
  const valueDepth = load<i32>(p, VALUE_DEPTH);
  const scale = load<f32>(p, SCALE);
  const causal = load<i32>(p, CAUSAL) != 0;
  const dropping = drops(p);
  const most = load<i32>(p, PANELS);
  const groups = load<i32>(p, GROUPS);
  const splits = load<i32>(p, SPLITS);
  const height = groups * ROWS;
  const rowQ = rowBytes(p, Q);
  const rowK = rowBytes(p, K);
  const rowV = rowBytes(p, V);
  const rowD = rowBytes(p, DOUT);
  const rowDq = rowBytes(p, DQ);
  const depthBytes = <usize>depth << 2;
  const valueBytes = <usize>valueDepth << 2;
  const depthGroups = (depth + ROWS - 1) / ROWS;
  const valueGroups = (valueDepth + ROWS - 1) / ROWS;
  const depthPanels = (depth + COLUMNS - 1) / COLUMNS;
  const sumK = <usize>(depthGroups * ROWS) * LINE;
  const sumV = <usize>(valueGroups * ROWS) * LINE;
  // Keys and values as right operands, keys again for dq, sums of dk and dv of a block of keys;
  const rightK = scratch + OPERANDS;
  const rightV = rightK + <usize>(most * depth) * LINE;
  const keysDown = rightV + <usize>(most * valueDepth) * LINE;
  const dks = keysDown + <usize>(depthPanels * most * COLUMNS) * LINE;
  const dvs = dks + <usize>most * sumK;
  // queries and dout as left operands, by rows and by columns, of a block of queries;
  const leftQ = dvs + <usize>most * sumV;
  const leftD = leftQ + <usize>height * depthBytes;
  const downQ = leftD + <usize>height * valueBytes;
  const downD = downQ + ((<usize>(depthGroups * ROWS) * <usize>height) << 2);
  // and p and ds of a panel, ds of all of them as a left operand.
  const ps = downD + ((<usize>(valueGroups * ROWS) * <usize>height) << 2);
  const ds = ps + <usize>height * LINE;
  const leftS = ds + <usize>height * LINE;
  const leftSBytes = <usize>(most * ROWS) * LINE;
  const allPanels = (keys + COLUMNS - 1) / COLUMNS;
  writeConstants(scratch);
  for (let item = begin; item < end; item++) {
    const head = item / splits;
    const split = item - head * splits;
    const k = headOf(p, K, head);
    const v = headOf(p, V, head);
    const q = headOf(p, Q, head);
    const dout = headOf(p, DOUT, head);
    const out = <usize>load<u32>(p, OUT) + placeOf(p, DOUT, head);
    const dq = headOf(p, DQ, head) + <usize>split * load<u32>(p, DQ_BYTES);
    const logSums = <usize>load<u32>(p, LOG_SUM) + (<usize>(head * queries) << 2);
    for (let i = 0; i < queries; i++) memory.fill(dq + <usize>i * rowDq, 0, depthBytes);
    const past = min(keys, ((allPanels * (split + 1)) / splits) * COLUMNS);
    for (let k0 = ((allPanels * split) / splits) * COLUMNS; k0 < past; k0 += most * COLUMNS) {
      const count = min(most * COLUMNS, past - k0);
      const panels = (count + COLUMNS - 1) / COLUMNS;
      packTransposedColumns(k, rowK, k0, keys, panels, depth, rightK);
      packTransposedColumns(v, rowV, k0, keys, panels, valueDepth, rightV);
      packPlainColumns(k + <usize>k0 * rowK, rowK, depth, depthPanels, count, keysDown);
      memory.fill(dks, 0, <usize>panels * sumK);
      memory.fill(dvs, 0, <usize>panels * sumV);
      // Queries before the first key don't see it.
      for (let q0 = causal ? (k0 / height) * height : 0; q0 < queries; q0 += height) {
        const there = min(height, queries - q0);
        const seen = causal ? min(count, q0 + there - k0) : count;
        if (seen <= 0) continue;
        const rows = (there + ROWS - 1) / ROWS;
        for (let g = 0; g < rows; g++) packPlainRows(q, rowQ, q0 + g * ROWS, queries, ROWS, depth, leftQ + <usize>(g * ROWS) * depthBytes);
        // As the forward pass does, so that the scores are the same to the bit; it may reach into what is packed next.
        scaleAll(leftQ, <usize>(rows * ROWS) * depthBytes, scale);
        for (let g = 0; g < rows; g++) {
          packPlainRows(dout, rowD, q0 + g * ROWS, queries, ROWS, valueDepth, leftD + <usize>(g * ROWS) * valueBytes);
        }
        const step = <usize>(there * ROWS) << 2;
        for (let g = 0; g < depthGroups; g++) packTransposedRows(q + <usize>q0 * rowQ, rowQ, g * ROWS, depth, ROWS, there, downQ + <usize>g * step);
        for (let g = 0; g < valueGroups; g++) packTransposedRows(dout + <usize>q0 * rowD, rowD, g * ROWS, valueDepth, ROWS, there, downD + <usize>g * step);
        dots(out + <usize>q0 * rowD, dout + <usize>q0 * rowD, rowD, valueBytes, there, scratch + DELTAS);
        for (let c = 0; c < seen; c += COLUMNS) {
          const panel = c / COLUMNS;
          const width = min(COLUMNS, seen - c);
          const right = rightK + <usize>(panel * depth) * LINE;
          const rightOfV = rightV + <usize>(panel * valueDepth) * LINE;
          // The first group of queries that sees a key of the panel, and the queries from there on.
          const first = causal ? max(0, k0 + c - q0) / ROWS : 0;
          const rest = there - first * ROWS;
          for (let g = first; g < rows; g++) {
            tile(depth, leftQ + <usize>(g * ROWS) * depthBytes, right, ps + <usize>(g * ROWS) * LINE, LINE, false);
            tile(valueDepth, leftD + <usize>(g * ROWS) * valueBytes, rightOfV, ds + <usize>(g * ROWS) * LINE, LINE, false);
          }
          const from = q0 + first * ROWS;
          const line = <usize>(first * ROWS) * LINE;
          const word = <usize>(first * ROWS) << 2;
          hide(p, head, from, rest, k0 + c, min(COLUMNS, keys - k0 - c), causal, ps + line, scratch + SPARE_LINE);
          const sums = logSums + (<usize>from << 2);
          const deltas = scratch + DELTAS + word;
          if (dropping) keptProbabilities(p, head, from, k0 + c, ps + line, ds + line, rest, sums, deltas, scale, scratch);
          else probabilities(ps + line, ds + line, rest, sums, deltas, scale, scratch);
          const run = word * ROWS;
          const dv = dvs + <usize>panel * sumV;
          for (let g = 0; g < valueGroups; g++) tile(rest, downD + <usize>g * step + run, ps + line, dv + <usize>(g * ROWS) * LINE, LINE, true);
          const dk = dks + <usize>panel * sumK;
          for (let g = 0; g < depthGroups; g++) tile(rest, downQ + <usize>g * step + run, ds + line, dk + <usize>(g * ROWS) * LINE, LINE, true);
          for (let g = first; g < rows; g++) packPlainRows(ds, LINE, g * ROWS, there, ROWS, width, leftS + <usize>g * leftSBytes + (<usize>(c * ROWS) << 2));
        }
        for (let panel = 0; panel < depthPanels; panel++) {
          const right = keysDown + <usize>(panel * count) * LINE;
          const column = panel * COLUMNS;
          const width = min(COLUMNS, depth - column);
          for (let g = 0; g < rows; g++) {
            const sees = causal ? min(seen, q0 + (g + 1) * ROWS - k0) : seen;
            if (sees <= 0) continue;
            const left = leftS + <usize>g * leftSBytes;
            const to = dq + <usize>(q0 + g * ROWS) * rowDq + (<usize>column << 2);
            if (width == COLUMNS && (g + 1) * ROWS <= there) tile(sees, left, right, to, rowDq, true);
            else {
              tile(sees, left, right, scratch + SPARE, LINE, false);
              copyPart(scratch + SPARE, to, rowDq, min(ROWS, there - g * ROWS), width, true);
            }
          }
        }
      }
      const dk = <usize>load<u32>(p, DK) + placeOf(p, K, head) + <usize>k0 * rowK;
      const dv = <usize>load<u32>(p, DV) + placeOf(p, V, head) + <usize>k0 * rowV;
      for (let panel = 0; panel < panels; panel++) {
        const there = min(COLUMNS, count - panel * COLUMNS);
        const at = <usize>(panel * COLUMNS);
        storeTransposed(dks + <usize>panel * sumK, dk + at * rowK, rowK, depth, there);
        storeTransposed(dvs + <usize>panel * sumV, dv + at * rowV, rowV, valueDepth, there);
      }
    }
  }
}

/** to[i] = the sum of x[i]·y[i], of rows of `bytes` that lie `stride` apart. */
function dots(x: usize, y: usize, stride: usize, bytes: usize, count: i32, to: usize): void {
  for (let i = 0; i < count; i++) {
    let a = f32x4.splat(0);
    let j: usize = 0;
    for (; j + 16 <= bytes; j += 16) a = f32x4.add(a, f32x4.mul(v128.load(x + j), v128.load(y + j)));
    let sum = sumLanes(a);
    for (; j < bytes; j += 4) sum += load<f32>(x + j) * load<f32>(y + j);
    store<f32>(to, sum);
    to += 4;
    x += stride;
    y += stride;
  }
}

/** Masks the scores of `there` queries from `q0` on with the keys from `key` on, of which `width` exist. */
function hide(p: usize, head: i32, q0: i32, there: i32, key: i32, width: i32, causal: bool, scores: usize, spare: usize): void {
  if (load<u32>(p, MASK) != 0) {
    const ofKey = <usize>load<u32>(p, MASK_KEY);
    const ofQuery = <usize>load<u32>(p, MASK_QUERY) << 2;
    let mask = maskOf(p, head) + <usize>q0 * ofQuery + ((<usize>key * ofKey) << 2);
    for (let i = 0; i < there; i++) {
      addMaskRow(mask, ofKey, width, scores + <usize>i * LINE, spare);
      mask += ofQuery;
    }
  }
  if (!causal) return;
  for (let i = 0; i < there && q0 + i < key + COLUMNS - 1; i++) hideFrom(scores + <usize>i * LINE, q0 + i - key + 1);
}

/** p in place of the scores and ds in place of dout·vᵀ, of `count` queries. */
function probabilities(ps: usize, ds: usize, count: i32, logSums: usize, deltas: usize, by: f32, k: usize): void {
  const scale = f32x4.splat(by);
  for (let i = 0; i < count; i++) {
    const logSum = v128.load32_splat(logSums);
    const delta = v128.load32_splat(deltas);
    for (let j: usize = 0; j < LINE; j += 32) {
      const p0 = exp(f32x4.sub(v128.load(ps + j), logSum), k);
      const p1 = exp(f32x4.sub(v128.load(ps + j, 16), logSum), k);
      const s0 = f32x4.mul(f32x4.mul(p0, f32x4.sub(v128.load(ds + j), delta)), scale);
      const s1 = f32x4.mul(f32x4.mul(p1, f32x4.sub(v128.load(ds + j, 16), delta)), scale);
      v128.store(ps + j, p0);
      v128.store(ps + j, p1, 16);
      v128.store(ds + j, s0);
      v128.store(ds + j, s1, 16);
    }
    ps += LINE;
    ds += LINE;
    logSums += 4;
    deltas += 4;
  }
}

/** The same with dropout: of the queries from `query` on with the keys from `key` on. */
function keptProbabilities(p: usize, head: i32, query: i32, key: i32, ps: usize, ds: usize, count: i32, logSums: usize, deltas: usize, by: f32, k: usize): void {
  const scale = f32x4.splat(by);
  for (let i = 0; i < count; i++) {
    if ((i & 7) == 0) numbersOfRows(p, head, query + i, key, k + NUMBERS);
    const words = k + NUMBERS + (<usize>(i & 7) << 4);
    const logSum = v128.load32_splat(logSums);
    const delta = v128.load32_splat(deltas);
    for (let j: usize = 0; j < LINE; j += 32) {
      const d0 = factors(p, words + (j << 2), 0);
      const d1 = factors(p, words + (j << 2), 16);
      const p0 = exp(f32x4.sub(v128.load(ps + j), logSum), k);
      const p1 = exp(f32x4.sub(v128.load(ps + j, 16), logSum), k);
      const s0 = f32x4.mul(f32x4.mul(p0, f32x4.sub(f32x4.mul(v128.load(ds + j), d0), delta)), scale);
      const s1 = f32x4.mul(f32x4.mul(p1, f32x4.sub(f32x4.mul(v128.load(ds + j, 16), d1), delta)), scale);
      const u0 = f32x4.mul(p0, d0);
      const u1 = f32x4.mul(p1, d1);
      v128.store(ps + j, u0);
      v128.store(ps + j, u1, 16);
      v128.store(ds + j, s0);
      v128.store(ds + j, s1, 16);
    }
    ps += LINE;
    ds += LINE;
    logSums += 4;
    deltas += 4;
  }
}
