/**
 * qs8-gemm: C[m, n] = f(sum over k of (x - xZero)·(w - wZero)) on 8-bit integers, f one of: to 8 bits with rounding in float32 or in fixed
 * point, to int32, or to float32. Exact: the same integers in every tier.
 *
 * Activations are packed (qs8-pack), weights are panels (src/kernels/quant/matrix-layout.ts). The tiles add up x'·w, where x' = x + what the
 * packing added; so with r = xZero + what was added, the sum is that of x'·w - r·(sum of w) - wZero·(sum of x' - r).
 */
import { leaky, relu, relu6 } from '../simd/clamp';
import { heightOf } from './qs8-groups';
import { fixedPoint, limits, round, roundRows, roundTwice, twiceTerms } from './requantize';
import { DOT_BYTES, dot1, dot4, dot6, EXACT_BYTES, exact1, exact4, halves1, halvesMany, pairs4, rest, STREAMS, words4 } from './qs8-tile';

// Parameters, as words.
const A: usize = 0;
const W: usize = 4;
const C: usize = 8;
const M: usize = 12;
const N: usize = 16;
const K: usize = 20;
/** The tiles: 0 `dot`, 1 `pairs`, 2 `exact`, 3 `words`, 4 `halves`. */
const TILES: usize = 24;
/** Whether two weights share a byte. */
const NIBBLES: usize = 28;
/** Panels of a work item, and work items that the rows are split into. */
const PANELS: usize = 32;
const SPLITS: usize = 36;
/** i32 by panels: what each unit's weights add up to; their zero points, or 0. */
const SUMS: usize = 40;
const ZEROS: usize = 44;
/** Each row's sum of x as it was, before the packing added anything, where there are zero points. */
const ROW_SUMS: usize = 48;
/** Each row's xZero as i32, or 0 where all have X_ZERO. */
const ROW_ZEROS: usize = 52;
const X_ZERO: usize = 56;
/** What the packing added. */
const ADDED: usize = 60;
/** i32[n] in steps of the sums, or, for float output, f32[n]; or 0. */
const BIAS: usize = 64;
/** 0 to 8 bits by float32, 1 twice rounded, 2 once rounded, 3 int32, 4 float32. */
const OUTPUT: usize = 68;
/** For each unit: f32, or multiplier and shift as two i32. */
const SCALES: usize = 72;
const ZERO: usize = 76;
const LEAST: usize = 80;
const MOST: usize = 84;
/** Whether output bytes go from 0 to 255. */
const UNSIGNED: usize = 88;
/** For float output each row's factor, or 0 where all have X_SCALE. */
const ROW_SCALES: usize = 92;
const ACTIVATION: usize = 96;
const SLOPE: usize = 100;
const X_SCALE: usize = 104;
/** Whether rows come by fours, of which the output has the largest sums. */
const POOLED: usize = 108;
/** Rows of the highest tile. */
const HIGHEST: usize = 112;

/** Scratch: a tile's sums, a row's result, limits, each panel's terms, then panels whose nibbles are spread. */
const TILE: usize = 0;
const ROW: usize = 1024;
const ENDS: usize = 1088;
const TERMS: usize = 2048;
/**
 * Of a panel's terms: what is added to each sum, sums of weights, zero points, scales, bias of floats. Where sums are rounded twice, the last
 * two and two more places are what that needs, and a word tells if it can be done 16 units at a time.
 */
const TERM_BYTES: usize = 512;
const TWICE: usize = 448;
const SPREAD: usize = 5120;

/** Bytes from a row's sums to the next in the scratch. */
const STRIDE: usize = 128;

/** Work items: PANELS panels of columns, SPLITS times over for as many parts of the rows. */
export function qs8_gemm(p: usize, begin: i32, end: i32, scratch: usize): void {
  const m = load<i32>(p, M);
  const n = load<i32>(p, N);
  const quads = (load<i32>(p, K) + 3) >> 2;
  const tiles = load<i32>(p, TILES);
  const exact = tiles == 2 || tiles == 3;
  const widened = tiles == 3;
  const nibbles = load<i32>(p, NIBBLES) != 0;
  const splits = load<i32>(p, SPLITS);
  const perItem = load<i32>(p, PANELS);
  const panels = (n + 15) >> 4;
  const blocks = (panels + perItem - 1) / perItem;
  const pooled = load<i32>(p, POOLED) != 0;
  const rows = load<i32>(p, HIGHEST);
  const groups = (m + rows - 1) / rows;
  const a = load<u32>(p, A);
  const w = load<u32>(p, W);
  const quadBytes: usize = exact ? 8 : 4;
  const spreadBytes = <usize>quads << (widened ? 7 : 6);
  const panelBytes = nibbles ? <usize>((quads + 1) & ~1) << 5 : <usize>quads << 6;
  limits(scratch + ENDS, load<i32>(p, ZERO), load<i32>(p, LEAST), load<i32>(p, MOST));
  for (let item = begin; item < end; item++) {
    const first = (item % blocks) * perItem;
    const count = min(perItem, panels - first);
    const part = item / blocks;
    for (let j = 0; j < count; j++) {
      prepare(p, first + j, n, scratch + TERMS + <usize>j * TERM_BYTES);
      const from = w + <usize>(first + j) * panelBytes;
      const to = scratch + SPREAD + <usize>j * spreadBytes;
      if (widened) widen(from, quads, nibbles, to);
      else if (nibbles) spreadNibbles(from, quads, to);
    }
    if (tiles == 4) {
      singleRow(p, quads, nibbles ? scratch + SPREAD : w + <usize>first * panelBytes, first, count, n, scratch);
      continue;
    }
    const past = (groups * (part + 1)) / splits;
    for (let group = (groups * part) / splits; group < past; group++) {
      const row = group * rows;
      const height = pooled ? 4 : heightOf(group, m, rows);
      const from = a + <usize>row * <usize>quads * quadBytes;
      for (let j = 0; j < count; j++) {
        const b = nibbles || widened ? scratch + SPREAD + <usize>j * spreadBytes : w + <usize>(first + j) * panelBytes;
        if (widened || tiles == 1) {
          for (let half: usize = 0; half < 64; half += DOT_BYTES) {
            if (widened) words4(quads, from, b + half, scratch + TILE + half, STRIDE);
            else pairs4(quads, from, b + half, scratch + TILE + half, STRIDE);
          }
        } else if (exact) exactTile(height, quads, from, b, scratch + TILE);
        else dotTile(height, quads, from, b, scratch + TILE);
        const terms = scratch + TERMS + <usize>j * TERM_BYTES;
        if (pooled) {
          keepLargest(scratch + TILE);
          finish(p, group, 1, first + j, n, scratch, terms);
        } else finish(p, row, min(height, m - row), first + j, n, scratch, terms);
      }
    }
  }
}

/** A row by the tiles `halves`, several panels at once where there are. */
function singleRow(p: usize, quads: i32, b: usize, first: i32, count: i32, n: i32, scratch: usize): void {
  const a = load<u32>(p, A);
  const perPanel = <usize>quads << 6;
  const sums = scratch + TILE + STRIDE;
  for (let j = 0; j < count; ) {
    const many = count - j >= STREAMS ? STREAMS : 1;
    const w = b + <usize>j * perPanel;
    if (many > 1) halvesMany(quads, a + 64, w, perPanel, sums, load<i32>(a, 4));
    else halves1(quads, a + 64, w, perPanel, sums, load<i32>(a, 4));
    for (let i = 0; i < many; i++) {
      for (let k: usize = 0; k < 64; k += 16) v128.store(scratch + TILE + k, v128.load(sums + (<usize>i << 6) + k));
      if (load<i32>(a) != 0) rest(load<i32>(a), a + 64 + (<usize>quads << 2), w + <usize>i * perPanel, scratch + TILE);
      finish(p, 0, 1, first + j + i, n, scratch, scratch + TERMS + <usize>(j + i) * TERM_BYTES);
    }
    j += many;
  }
}

// @ts-ignore: decorator
@inline
function dotTile(height: i32, quads: i32, a: usize, b: usize, c: usize): void {
  for (let half: usize = 0; half < 64; half += DOT_BYTES) {
    if (height == 6) dot6(quads, a, b + half, c + half, STRIDE);
    else if (height == 4) dot4(quads, a, b + half, c + half, STRIDE);
    else dot1(quads, a, b + half, c + half, STRIDE);
  }
}

// @ts-ignore: decorator
@inline
function exactTile(height: i32, quads: i32, a: usize, b: usize, c: usize): void {
  for (let part: usize = 0; part < 64; part += EXACT_BYTES) {
    if (height == 4) exact4(quads, a, b + part, c + part * 2, STRIDE);
    else exact1(quads, a, b + part, c + part * 2, STRIDE);
  }
  // A unit's two sums lie side by side.
  for (let i = 0; i < height; i++) {
    const at = c + <usize>i * STRIDE;
    for (let j: usize = 0; j < 64; j += 16) {
      const v0 = v128.load(at + 2 * j);
      const v1 = v128.load(at + 2 * j, 16);
      v128.store(at + j, i32x4.add(i32x4.shuffle(v0, v1, 0, 2, 4, 6), i32x4.shuffle(v0, v1, 1, 3, 5, 7)));
    }
  }
}

/** Of four rows of sums the largest, in the first: what rounding leaves of it is the largest of what it leaves of each. */
function keepLargest(c: usize): void {
  for (let j: usize = 0; j < 64; j += 32) {
    const v0 = i32x4.max_s(v128.load(c + j), v128.load(c + j, STRIDE));
    const w0 = i32x4.max_s(v128.load(c + j, 16), v128.load(c + j, STRIDE + 16));
    const v1 = i32x4.max_s(v128.load(c + j, 2 * STRIDE), v128.load(c + j, 3 * STRIDE));
    const w1 = i32x4.max_s(v128.load(c + j, 2 * STRIDE + 16), v128.load(c + j, 3 * STRIDE + 16));
    v128.store(c + j, i32x4.max_s(v0, v1));
    v128.store(c + j, i32x4.max_s(w0, w1), 16);
  }
}

/** A panel to 16 bits, by pairs of inputs. The last quad of nibbles may have no partner; its place is the caller's to leave free. */
function widen(from: usize, quads: i32, nibbles: bool, to: usize): void {
  const past = to + (<usize>quads << 7);
  const fifteen = i8x16.splat(15);
  const eight = i8x16.splat(8);
  while (to < past) {
    for (let j: usize = 0; j < 64; j += 16) {
      const v = v128.load(from + j);
      if (nibbles) {
        widen16(i8x16.sub(v128.and(v, fifteen), eight), to + j);
        widen16(i8x16.sub(v128.and(i16x8.shr_u(v, 4), fifteen), eight), to + j + 128);
      } else widen16(v, to + j);
    }
    from += 64;
    to += nibbles ? 256 : 128;
  }
}

/** A quad of four units. */
// @ts-ignore: decorator
@inline
function widen16(v: v128, to: usize): void {
  const low = i16x8.extend_low_i8x16_s(v);
  const high = i16x8.extend_high_i8x16_s(v);
  v128.store(to, i32x4.shuffle(low, high, 0, 2, 4, 6));
  v128.store(to, i32x4.shuffle(low, high, 1, 3, 5, 7), 64);
}

/** Nibbles to bytes: low ones are an even quad, high ones the next. */
function spreadNibbles(from: usize, quads: i32, to: usize): void {
  const fifteen = i8x16.splat(15);
  const eight = i8x16.splat(8);
  for (let q = 0; q < quads; q += 2) {
    for (let j: usize = 0; j < 64; j += 16) {
      const v = v128.load(from + j);
      v128.store(to + j, i8x16.sub(v128.and(v, fifteen), eight));
      // The last quad may have no partner; its place is the caller's to leave free.
      v128.store(to + j, i8x16.sub(v128.and(i16x8.shr_u(v, 4), fifteen), eight), 64);
    }
    from += 64;
    to += 128;
  }
}

/** What a panel's sums need, for its 16 units; 0 for units past the last. */
function prepare(p: usize, panel: i32, n: i32, to: usize): void {
  const left = panel << 4;
  const bias = load<u32>(p, BIAS);
  const sums = load<u32>(p, SUMS) + (<usize>left << 2);
  const zeros = load<u32>(p, ZEROS);
  const scales = load<u32>(p, SCALES);
  const output = load<i32>(p, OUTPUT);
  const fixed = output == 1 || output == 2;
  const r = load<i32>(p, X_ZERO) + load<i32>(p, ADDED);
  const alike = load<i32>(p, ROW_ZEROS) == 0;
  for (let j = 0; j < 16; j++) {
    const at = to + (<usize>j << 2);
    const there = left + j < n;
    const weights = load<i32>(sums + (<usize>j << 2));
    const given = bias != 0 && there ? load<i32>(bias + (<usize>(left + j) << 2)) : 0;
    store<i32>(at, (output == 4 ? 0 : given) - (alike ? r * weights : 0));
    store<i32>(at, weights, 64);
    store<i32>(at, zeros != 0 ? load<i32>(zeros + (<usize>(left + j) << 2)) : 0, 128);
    store<i32>(at, scales != 0 && !fixed && there ? load<i32>(scales + (<usize>(left + j) << 2)) : 0, 192);
    store<i32>(at, output == 4 ? given : 0, 256);
  }
  if (output == 1) store<i32>(to, i32(twiceTerms(scales + (<usize>left << 3), n - left, to + 192)), TWICE);
}

/** From the sums of a tile to the output. */
function finish(p: usize, row: i32, height: i32, panel: i32, n: i32, scratch: usize, terms: usize): void {
  const left = panel << 4;
  const width = min(16, n - left);
  const output = load<i32>(p, OUTPUT);
  const rowSums = load<u32>(p, ROW_SUMS);
  const rowZeros = load<u32>(p, ROW_ZEROS);
  const rowScales = load<u32>(p, ROW_SCALES);
  const c = load<u32>(p, C);
  if (output == 0 && width == 16 && rowSums == 0 && rowZeros == 0) {
    roundRows(
      scratch + TILE,
      STRIDE,
      height,
      terms,
      terms + 192,
      c + <usize>row * <usize>n + <usize>left,
      n,
      scratch + ENDS,
      load<i32>(p, UNSIGNED) != 0,
    );
    return;
  }
  for (let i = 0; i < height; i++) {
    const sums = scratch + TILE + <usize>i * STRIDE;
    const at = <usize>(row + i) << 2;
    const zero = rowZeros != 0 ? load<i32>(rowZeros + at) : load<i32>(p, X_ZERO);
    for (let j: usize = 0; j < 64; j += 16) v128.store(sums + j, i32x4.add(v128.load(sums + j), v128.load(terms + j)));
    if (rowZeros != 0) subtract(sums, i32x4.splat(zero + load<i32>(p, ADDED)), terms + 64);
    if (rowSums != 0) subtract(sums, i32x4.splat(load<i32>(rowSums + at) - load<i32>(p, K) * zero), terms + 128);
    const to = c + (<usize>(row + i) * <usize>n + <usize>left) * (output < 3 ? 1 : 4);
    if (output == 3) {
      put(sums, to, width << 2);
    } else if (output == 4) {
      floats(p, sums, terms, rowScales != 0 ? load<f32>(rowScales + at) : load<f32>(p, X_SCALE));
      put(sums, to, width << 2);
    } else {
      if (output == 0) round(sums, terms + 192, scratch + ROW, scratch + ENDS, load<i32>(p, UNSIGNED) != 0);
      else if (output == 1 && load<i32>(terms, TWICE) != 0) roundTwice(sums, terms + 192, scratch + ROW, load<i32>(p, ZERO), load<i32>(p, LEAST), load<i32>(p, MOST));
      else fixedPoint(sums, load<u32>(p, SCALES) + (<usize>left << 3), width, scratch + ROW, output == 2, load<i32>(p, ZERO), load<i32>(p, LEAST), load<i32>(p, MOST));
      put(scratch + ROW, to, width);
    }
  }
}

// @ts-ignore: decorator
@inline
function subtract(sums: usize, factor: v128, terms: usize): void {
  for (let j: usize = 0; j < 64; j += 16) v128.store(sums + j, i32x4.sub(v128.load(sums + j), i32x4.mul(factor, v128.load(terms + j))));
}

/** y = sum·(row's factor · unit's factor) + bias, and the activation. */
function floats(p: usize, sums: usize, terms: usize, factor: f32): void {
  const activation = load<i32>(p, ACTIVATION);
  const slope = load<f32>(p, SLOPE);
  const factors = f32x4.splat(factor);
  for (let j: usize = 0; j < 64; j += 16) {
    const scale = f32x4.mul(factors, v128.load(terms + j, 192));
    let y = f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(v128.load(sums + j)), scale), v128.load(terms + j, 256));
    if (activation == 1) y = relu(y);
    else if (activation == 2) y = relu6(y);
    else if (activation == 3) y = leaky(y, slope);
    v128.store(sums + j, y);
  }
}

// @ts-ignore: decorator
@inline
function put(from: usize, to: usize, bytes: i32): void {
  if (bytes == 16) {
    v128.store(to, v128.load(from));
    return;
  }
  if (bytes == 64) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
    v128.store(to, v128.load(from, 32), 32);
    v128.store(to, v128.load(from, 48), 48);
    return;
  }
  for (let j: usize = 0; j < <usize>bytes; j++) store<u8>(to + j, load<u8>(from + j));
}
