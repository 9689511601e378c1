/**
 * f32-attention, gradient: the scores are computed again, a block of queries with a block of keys at a time, from the
 * logarithms of the sums that the forward pass kept: with p = e^(score - log sum) and ds = p·(dout·vᵀ - dout·out)·scale,
 * dv = pᵀ·dout, dk = dsᵀ·q and dq = ds·k.
 *
 * Scores stand with a row of COLUMNS keys for each query, so that p and ds are packed right operands of the first two products.
 */
import { writeConstants } from '../simd/constants';
import { exp } from '../simd/exp';
import { addMaskRow, hideFrom, maskOf, MASK, MASK_KEY, MASK_QUERY, scaleAll, storeTransposed } from './attention-block';
import { copyPart, packPlainColumns, packPlainRows, packTransposedColumns, packTransposedRows } from './gemm-pack';
import { COLUMNS, ROWS, tile } from './gemm-tile';
import { sumLanes } from '../simd/lanes';

// Parameters, as words, after those of the mask.
const Q: usize = 24;
const K: usize = 28;
const V: usize = 32;
const DOUT: usize = 36;
const LOG_SUM: usize = 40;
const QUERIES: usize = 44;
const KEYS: usize = 48;
const DEPTH: usize = 52;
const VALUE_DEPTH: usize = 56;
const SCALE: usize = 60;
const CAUSAL: usize = 64;
/** Panels of COLUMNS keys and groups of ROWS queries of a block. */
const PANELS: usize = 68;
const GROUPS: usize = 72;
/** dout·out of each query. */
const DELTA: usize = 76;
const DQ: usize = 80;
const DK: usize = 84;
const DV: usize = 88;
/** Work items of a head, each with a part of the keys and its own DQ, which lie DQ_BYTES apart. */
const SPLITS: usize = 92;
const DQ_BYTES: usize = 96;
// Of `f32_attention_delta`:
const OUT: usize = 0;
const DELTA_DOUT: usize = 4;
const DELTA_TO: usize = 8;
const DELTA_DEPTH: usize = 12;

/** Bytes of scratch before the operands: constants, a line of the mask, a tile. */
const SPARE_LINE: usize = 512;
const SPARE: usize = 1024;
const OPERANDS: usize = 2048;
const LINE: usize = COLUMNS * 4;

/** to[i] = the sum of out[i]·dout[i]. Work items: rows. */
export function f32_attention_delta(p: usize, begin: i32, end: i32, scratch: usize): void {
  const stride = <usize>load<i32>(p, DELTA_DEPTH) << 2;
  let x = <usize>load<u32>(p, OUT) + <usize>begin * stride;
  let y = <usize>load<u32>(p, DELTA_DOUT) + <usize>begin * stride;
  const to = <usize>load<u32>(p, DELTA_TO);
  for (let i = begin; i < end; i++) {
    let a = f32x4.splat(0);
    const past = x + stride;
    for (; x + 16 <= past; x += 16) {
      a = f32x4.add(a, f32x4.mul(v128.load(x), v128.load(y)));
      y += 16;
    }
    let sum = sumLanes(a);
    for (; x < past; x += 4) {
      sum += load<f32>(x) * load<f32>(y);
      y += 4;
    }
    store<f32>(to + (<usize>i << 2), sum);
  }
}

/** Work items: parts of the keys of each head. */
export function f32_attention_gradient(p: usize, begin: i32, end: i32, scratch: usize): void {
  const queries = load<i32>(p, QUERIES);
  const keys = load<i32>(p, KEYS);
  const depth = load<i32>(p, DEPTH);
  const valueDepth = load<i32>(p, VALUE_DEPTH);
  const scale = load<f32>(p, SCALE);
  const causal = load<i32>(p, CAUSAL) != 0;
  const most = load<i32>(p, PANELS);
  const groups = load<i32>(p, GROUPS);
  const splits = load<i32>(p, SPLITS);
  const height = groups * ROWS;
  const stride = <usize>depth << 2;
  const valueStride = <usize>valueDepth << 2;
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
  const leftD = leftQ + <usize>height * stride;
  const downQ = leftD + <usize>height * valueStride;
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
    const k = <usize>load<u32>(p, K) + <usize>(head * keys) * stride;
    const v = <usize>load<u32>(p, V) + <usize>(head * keys) * valueStride;
    const q = <usize>load<u32>(p, Q) + <usize>(head * queries) * stride;
    const dout = <usize>load<u32>(p, DOUT) + <usize>(head * queries) * valueStride;
    const dq = <usize>load<u32>(p, DQ) + <usize>split * load<u32>(p, DQ_BYTES) + <usize>(head * queries) * stride;
    const logSums = <usize>load<u32>(p, LOG_SUM) + (<usize>(head * queries) << 2);
    const deltas = <usize>load<u32>(p, DELTA) + (<usize>(head * queries) << 2);
    memory.fill(dq, 0, <usize>queries * stride);
    const past = min(keys, ((allPanels * (split + 1)) / splits) * COLUMNS);
    for (let k0 = ((allPanels * split) / splits) * COLUMNS; k0 < past; k0 += most * COLUMNS) {
      const count = min(most * COLUMNS, past - k0);
      const panels = (count + COLUMNS - 1) / COLUMNS;
      packTransposedColumns(k, stride, k0, keys, panels, depth, rightK);
      packTransposedColumns(v, valueStride, k0, keys, panels, valueDepth, rightV);
      packPlainColumns(k + <usize>k0 * stride, stride, depth, depthPanels, count, keysDown);
      memory.fill(dks, 0, <usize>panels * sumK);
      memory.fill(dvs, 0, <usize>panels * sumV);
      // Queries before the first key don't see it.
      for (let q0 = causal ? (k0 / height) * height : 0; q0 < queries; q0 += height) {
        const there = min(height, queries - q0);
        const seen = causal ? min(count, q0 + there - k0) : count;
        if (seen <= 0) continue;
        const rows = (there + ROWS - 1) / ROWS;
        for (let g = 0; g < rows; g++) packPlainRows(q, stride, q0 + g * ROWS, queries, ROWS, depth, leftQ + <usize>(g * ROWS) * stride);
        // As the forward pass does, so that the scores are the same to the bit; it may reach into what is packed next.
        scaleAll(leftQ, <usize>(rows * ROWS) * stride, scale);
        for (let g = 0; g < rows; g++) {
          packPlainRows(dout, valueStride, q0 + g * ROWS, queries, ROWS, valueDepth, leftD + <usize>(g * ROWS) * valueStride);
        }
        const step = <usize>(there * ROWS) << 2;
        for (let g = 0; g < depthGroups; g++) packTransposedRows(q + <usize>q0 * stride, stride, g * ROWS, depth, ROWS, there, downQ + <usize>g * step);
        for (let g = 0; g < valueGroups; g++) packTransposedRows(dout + <usize>q0 * valueStride, valueStride, g * ROWS, valueDepth, ROWS, there, downD + <usize>g * step);
        for (let c = 0; c < seen; c += COLUMNS) {
          const panel = c / COLUMNS;
          const width = min(COLUMNS, seen - c);
          const right = rightK + <usize>(panel * depth) * LINE;
          const rightOfV = rightV + <usize>(panel * valueDepth) * LINE;
          for (let g = 0; g < rows; g++) {
            tile(depth, leftQ + <usize>(g * ROWS) * stride, right, ps + <usize>(g * ROWS) * LINE, LINE, false);
            tile(valueDepth, leftD + <usize>(g * ROWS) * valueStride, rightOfV, ds + <usize>(g * ROWS) * LINE, LINE, false);
          }
          hide(p, head, q0, there, k0 + c, min(COLUMNS, keys - k0 - c), causal, ps, scratch + SPARE_LINE);
          probabilities(ps, ds, there, logSums + (<usize>q0 << 2), deltas + (<usize>q0 << 2), scale, scratch);
          const dv = dvs + <usize>panel * sumV;
          for (let g = 0; g < valueGroups; g++) tile(there, downD + <usize>g * step, ps, dv + <usize>(g * ROWS) * LINE, LINE, true);
          const dk = dks + <usize>panel * sumK;
          for (let g = 0; g < depthGroups; g++) tile(there, downQ + <usize>g * step, ds, dk + <usize>(g * ROWS) * LINE, LINE, true);
          for (let g = 0; g < rows; g++) packPlainRows(ds, LINE, g * ROWS, there, ROWS, width, leftS + <usize>g * leftSBytes + (<usize>(c * ROWS) << 2));
        }
        for (let panel = 0; panel < depthPanels; panel++) {
          const right = keysDown + <usize>(panel * count) * LINE;
          const column = panel * COLUMNS;
          const width = min(COLUMNS, depth - column);
          for (let g = 0; g < rows; g++) {
            const left = leftS + <usize>g * leftSBytes;
            const to = dq + <usize>(q0 + g * ROWS) * stride + (<usize>column << 2);
            if (width == COLUMNS && (g + 1) * ROWS <= there) tile(seen, left, right, to, stride, true);
            else {
              tile(seen, left, right, scratch + SPARE, LINE, false);
              copyPart(scratch + SPARE, to, stride, min(ROWS, there - g * ROWS), width, true);
            }
          }
        }
      }
      const row = <usize>(head * keys + k0);
      for (let panel = 0; panel < panels; panel++) {
        const there = min(COLUMNS, count - panel * COLUMNS);
        const at = row + panel * COLUMNS;
        storeTransposed(dks + <usize>panel * sumK, <usize>load<u32>(p, DK) + at * stride, stride, depth, there);
        storeTransposed(dvs + <usize>panel * sumV, <usize>load<u32>(p, DV) + at * valueStride, valueStride, valueDepth, there);
      }
    }
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
