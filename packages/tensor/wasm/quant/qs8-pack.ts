/**
 * qs8-pack: the activations of an int8 product, from rows of bytes, or windows of images, to what the register tiles read: by groups of rows,
 * quad by quad. `dot` tiles take bytes, `exact` ones 16-bit numbers. It also finds each row's sum where the weights have zero points.
 */

import { copyBytes, fillBytes } from './bytes';
import { heightOf } from './qs8-groups';

// Parameters, as words.
const X: usize = 0;
const ROWS: usize = 4;
/** Bytes of a row. */
const INPUTS: usize = 8;
const TO: usize = 12;
/** Where each row's sum goes, or 0. */
const SUMS: usize = 16;
/** Whether the tiles are `exact` ones. */
const EXACT: usize = 20;
/** Whether the bytes go from 0 to 255. */
const UNSIGNED: usize = 24;
/** What each byte is exclusive-ored with for the `dot` tiles: 0x80 to go from one kind to the other. */
const FLIP: usize = 28;
/** Windows of images [height, width, channels]: rows are output positions. Kernel height 0: X has rows. */
const KERNEL_HEIGHT: usize = 32;
const KERNEL_WIDTH: usize = 36;
const HEIGHT: usize = 40;
const WIDTH: usize = 44;
const CHANNELS: usize = 48;
const OUT_HEIGHT: usize = 52;
const OUT_WIDTH: usize = 56;
const STRIDE_Y: usize = 60;
const STRIDE_X: usize = 64;
const PAD_TOP: usize = 68;
const PAD_LEFT: usize = 72;
const DILATION_Y: usize = 76;
const DILATION_X: usize = 80;
/** The byte that stands for 0, around the image. */
const BORDER: usize = 84;
/** Whether rows come by fours that a pool takes the largest of: see {@link fours}. */
const POOLED: usize = 88;
/** Rows of the highest tile. */
const HIGHEST: usize = 92;
/** Whether the only row goes to the tile `halves`. */
const HALVES: usize = 96;

/** Scratch of {@link fours}: where the bytes of a patch go, then rows. */
const TABLE: usize = 0;
const ROWS_AT: usize = 128;

/** Work items: groups of rows. */
export function qs8_pack(p: usize, begin: i32, end: i32, scratch: usize): void {
  if (load<i32>(p, POOLED) != 0) {
    fours(p, begin, end, scratch);
    return;
  }
  const rows = load<i32>(p, ROWS);
  const inputs = load<i32>(p, INPUTS);
  const exact = load<i32>(p, EXACT) != 0;
  const unsigned = load<i32>(p, UNSIGNED) != 0;
  const flip = load<i32>(p, FLIP) != 0 ? 0x80808080 : 0;
  const quads = (inputs + 3) >> 2;
  const sums = load<u32>(p, SUMS);
  const images = load<i32>(p, KERNEL_HEIGHT) != 0;
  const staged = images || (inputs & 3) != 0;
  const bytes = <usize>quads << 2;
  const bytesOfQuad: usize = exact ? 8 : 4;
  const highest = load<i32>(p, HIGHEST);
  for (let group = begin; group < end; group++) {
    const first = group * highest;
    const height = heightOf(group, rows, highest);
    const there = min(height, rows - first);
    let from = <usize>load<u32>(p, X) + <usize>first * <usize>inputs;
    if (staged) {
      if (images) windows(p, first, there, scratch, bytes);
      else {
        for (let i = 0; i < there; i++) {
          const to = scratch + <usize>i * bytes;
          store<u32>(to + bytes - 4, 0);
          memory.copy(to, from + <usize>i * <usize>inputs, inputs);
        }
      }
      from = scratch;
    }
    if (sums != 0) {
      for (let i = 0; i < there; i++) store<i32>(sums + (<usize>(first + i) << 2), sum(from + <usize>i * bytes, inputs, unsigned));
    }
    if (load<i32>(p, HALVES) != 0) {
      halve(from, quads, load<u32>(p, TO), flip);
      return;
    }
    let to = load<u32>(p, TO) + <usize>first * <usize>quads * bytesOfQuad;
    let done = 0;
    if (there == height && height >= 4) {
      if (!exact) done = together(from, bytes, quads, height, to, flip);
      else done = widenFour(from, from + bytes, from + 2 * bytes, from + 3 * bytes, quads, to, unsigned);
    }
    from += <usize>done << 2;
    to += <usize>(done * height) * bytesOfQuad;
    // Rows past the last repeat it; what they give is never stored.
    for (let i = 0; i < height; i++) {
      const row = from + <usize>min(i, there - 1) * bytes;
      if (exact) widen(row, quads - done, to + (<usize>i << 3), <usize>height << 3, unsigned);
      else spread(row, quads - done, to + (<usize>i << 2), <usize>height << 2, flip);
    }
  }
}

/**
 * A row for the tiles `halves` and `rest`: how many quads are listed, what the sums begin with because weights have 128 added, and, 64 bytes
 * on, the row; then the list.
 */
function halve(from: usize, quads: i32, to: usize, flip: u32): void {
  const flips = i32x4.splat(flip);
  let row = to + 64;
  let list = row + (<usize>quads << 2);
  let totals = i32x4.splat(0);
  let count = 0;
  for (let q = 0; q < quads; ) {
    const four = q + 4 <= quads;
    const x = four ? v128.xor(v128.load(from), flips) : i32x4.replace_lane(i32x4.splat(0), 0, load<u32>(from) ^ flip);
    totals = i32x4.add(totals, i32x4.extadd_pairwise_i16x8_s(i16x8.extadd_pairwise_i8x16_s(x)));
    const much = i32x4.ne(i16x8.gt_s(i16x8.extadd_pairwise_i8x16_u(i8x16.abs(x)), i16x8.splat(128)), i32x4.splat(0));
    const half = v128.bitselect(i8x16.shr_s(x, 1), x, much);
    if (four) v128.store(row, half);
    else store<i32>(row, i32x4.extract_lane(half, 0));
    let left = i32x4.bitmask(much);
    if (left != 0) {
      v128.store(to, i8x16.sub(x, half), 16);
      for (; left != 0; left &= left - 1) {
        const j = ctz(left);
        store<i32>(list, (q + j) << 6);
        store<i32>(list, load<i32>(to + (<usize>j << 2), 16), 4);
        list += 8;
        count++;
      }
    }
    const step = four ? 4 : 1;
    q += step;
    from += <usize>step << 2;
    row += <usize>step << 2;
  }
  store<i32>(to, count);
  const sum = i32x4.extract_lane(totals, 0) + i32x4.extract_lane(totals, 1) + i32x4.extract_lane(totals, 2) + i32x4.extract_lane(totals, 3);
  store<i32>(to, sum * -128, 4);
}

/** The quads of 4 or 6 rows, four at a time; how many. */
function together(from: usize, bytes: usize, quads: i32, height: i32, to: usize, flip: u32): i32 {
  const flips = i32x4.splat(flip);
  const step = <usize>height << 2;
  let q = 0;
  for (; q + 4 <= quads; q += 4) {
    const r0 = v128.xor(v128.load(from), flips);
    const r1 = v128.xor(v128.load(from + bytes), flips);
    const r2 = v128.xor(v128.load(from + 2 * bytes), flips);
    const r3 = v128.xor(v128.load(from + 3 * bytes), flips);
    const t0 = i32x4.shuffle(r0, r1, 0, 4, 1, 5);
    const t1 = i32x4.shuffle(r0, r1, 2, 6, 3, 7);
    const t2 = i32x4.shuffle(r2, r3, 0, 4, 1, 5);
    const t3 = i32x4.shuffle(r2, r3, 2, 6, 3, 7);
    v128.store(to, i64x2.shuffle(t0, t2, 0, 2));
    v128.store(to + step, i64x2.shuffle(t0, t2, 1, 3));
    v128.store(to + 2 * step, i64x2.shuffle(t1, t3, 0, 2));
    v128.store(to + 3 * step, i64x2.shuffle(t1, t3, 1, 3));
    if (height == 6) {
      const r4 = v128.xor(v128.load(from + 4 * bytes), flips);
      const r5 = v128.xor(v128.load(from + 5 * bytes), flips);
      const t4 = i32x4.shuffle(r4, r5, 0, 4, 1, 5);
      const t5 = i32x4.shuffle(r4, r5, 2, 6, 3, 7);
      v128.store64_lane(to, t4, 0, 16);
      v128.store64_lane(to + step, t4, 1, 16);
      v128.store64_lane(to + 2 * step, t5, 0, 16);
      v128.store64_lane(to + 3 * step, t5, 1, 16);
    }
    from += 16;
    to += 4 * step;
  }
  return q;
}

/** The quads of 4 rows as 16-bit numbers, two at a time; how many. */
function widenFour(r0: usize, r1: usize, r2: usize, r3: usize, quads: i32, to: usize, unsigned: bool): i32 {
  let q = 0;
  for (; q + 2 <= quads; q += 2) {
    const k = <usize>q << 2;
    const v0 = unsigned ? v128.load8x8_u(r0 + k) : v128.load8x8_s(r0 + k);
    const v1 = unsigned ? v128.load8x8_u(r1 + k) : v128.load8x8_s(r1 + k);
    const v2 = unsigned ? v128.load8x8_u(r2 + k) : v128.load8x8_s(r2 + k);
    const v3 = unsigned ? v128.load8x8_u(r3 + k) : v128.load8x8_s(r3 + k);
    v128.store(to, i64x2.shuffle(v0, v1, 0, 2));
    v128.store(to, i64x2.shuffle(v2, v3, 0, 2), 16);
    v128.store(to, i64x2.shuffle(v0, v1, 1, 3), 32);
    v128.store(to, i64x2.shuffle(v2, v3, 1, 3), 48);
    to += 64;
  }
  return q;
}

/**
 * Groups of 4 rows, the windows at the positions (2y, 2x), (2y, 2x + 1), (2y + 1, 2x) and (2y + 1, 2x + 1), whose largest is what a pool of
 * 2x2 leaves. OUT_HEIGHT and OUT_WIDTH are those of the pool.
 */
function fours(p: usize, begin: i32, end: i32, scratch: usize): void {
  const exact = load<i32>(p, EXACT) != 0;
  const unsigned = load<i32>(p, UNSIGNED) != 0;
  const flip = load<i32>(p, FLIP) != 0 ? 0x80808080 : 0;
  const quads = (load<i32>(p, INPUTS) + 3) >> 2;
  const height = load<i32>(p, HEIGHT);
  const width = load<i32>(p, WIDTH);
  const channels = load<i32>(p, CHANNELS);
  const kernelHeight = load<i32>(p, KERNEL_HEIGHT);
  const kernelWidth = load<i32>(p, KERNEL_WIDTH);
  const stepY = load<i32>(p, DILATION_Y);
  const stepX = load<i32>(p, DILATION_X);
  const strideY = load<i32>(p, STRIDE_Y);
  const strideX = load<i32>(p, STRIDE_X);
  const outHeight = load<i32>(p, OUT_HEIGHT);
  const outWidth = load<i32>(p, OUT_WIDTH);
  const perRow = <usize>(width * channels);
  const imageBytes = <usize>height * perRow;
  const bytes = <usize>quads << 2;
  const groupBytes = bytes << (exact ? 3 : 2);
  const run = kernelWidth * channels;
  const ahead = strideX * channels;
  // All four windows lie in a patch of 4 x 4 bytes.
  const small = channels == 1 && kernelHeight <= 3 && kernelWidth <= 3 && strideY * strideX * stepY * stepX == 1;
  if (small) places(kernelHeight, kernelWidth, quads, exact, scratch + TABLE);
  const straight = exact && stepX == 1 && (run & 7) == 0;
  const runs = quads / kernelHeight;
  const lastY = strideY + (kernelHeight - 1) * stepY;
  const lastX = strideX + (kernelWidth - 1) * stepX;
  const rows = scratch + ROWS_AT;
  let line = begin / outWidth;
  let ox = begin - line * outWidth;
  let image = load<u32>(p, X) + <usize>(line / outHeight) * imageBytes;
  line %= outHeight;
  let to = load<u32>(p, TO) + <usize>begin * groupBytes;
  for (let group = begin; group < end; group++) {
    const y = 2 * line * strideY - load<i32>(p, PAD_TOP);
    const x = 2 * ox * strideX - load<i32>(p, PAD_LEFT);
    const above = y >= 0 && x >= 0;
    let from = image + <usize>y * perRow + <usize>(x * channels);
    if (small && above && y + 4 <= height && x + 4 <= width) {
      let patch = v128.load32_zero(from);
      patch = v128.load32_lane(from + perRow, patch, 1);
      patch = v128.load32_lane(from + 2 * perRow, patch, 2);
      patch = v128.load32_lane(from + 3 * perRow, patch, 3);
      if (exact) {
        for (let k: usize = 0; k < groupBytes; k += 16) {
          const v = picked(patch, v128.load(scratch + k, TABLE));
          v128.store(to + k, unsigned ? i16x8.extend_low_i8x16_u(v) : i16x8.extend_low_i8x16_s(v));
        }
      } else {
        patch = v128.xor(patch, i32x4.splat(flip));
        for (let k: usize = 0; k < groupBytes; k += 16) v128.store(to + k, picked(patch, v128.load(scratch + k, TABLE)));
      }
    } else if (straight && above && y + lastY < height && x + lastX < width) {
      let at = to;
      const down = <usize>strideY * perRow;
      for (let i = 0; i < kernelHeight; i++) {
        widenFour(from, from + ahead, from + down, from + down + ahead, runs, at, unsigned);
        from += <usize>stepY * perRow;
        at += <usize>runs << 5;
      }
    } else {
      for (let i = 0; i < 4; i++) {
        const row = rows + <usize>i * bytes;
        store<u32>(row + bytes - 4, 0);
        window(p, image, y + (i >> 1) * strideY, x + (i & 1) * strideX, row, image + imageBytes);
      }
      const done = exact ? widenFour(rows, rows + bytes, rows + 2 * bytes, rows + 3 * bytes, quads, to, unsigned) : together(rows, bytes, quads, 4, to, flip);
      const rest = rows + (<usize>done << 2);
      const at = to + (<usize>done << (exact ? 5 : 4));
      for (let i: usize = 0; i < 4; i++) {
        if (exact) widen(rest + i * bytes, quads - done, at + (i << 3), 32, unsigned);
        else spread(rest + i * bytes, quads - done, at + (i << 2), 16, flip);
      }
    }
    to += groupBytes;
    if (++ox < outWidth) continue;
    ox = 0;
    if (++line < outHeight) continue;
    line = 0;
    image += imageBytes;
  }
}

/** For each byte of a packed group, where in a patch of 4 x 4 bytes it comes from; a vector for 2 rows' quad that is widened, else for 4. */
function places(kernelHeight: i32, kernelWidth: i32, quads: i32, exact: bool, to: usize): void {
  const inputs = kernelHeight * kernelWidth;
  for (let q = 0; q < quads; q++) {
    for (let row = 0; row < 4; row++) {
      for (let k = 0; k < 4; k++) {
        const input = min(4 * q + k, inputs - 1);
        const place = ((row >> 1) + input / kernelWidth) * 4 + (row & 1) + (input % kernelWidth);
        const at = exact ? q * 32 + (row >> 1) * 16 + (row & 1) * 4 + k : q * 16 + row * 4 + k;
        store<u8>(to + at, <u8>place);
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function picked(x: v128, places: v128): v128 {
  if (RELAXED) return i8x16.relaxed_swizzle(x, places);
  return i8x16.swizzle(x, places);
}

/** The quads of a row, `step` bytes apart. */
function spread(row: usize, quads: i32, to: usize, step: usize, flip: u32): void {
  for (let q = 0; q < quads; q++) {
    store<u32>(to, load<u32>(row) ^ flip);
    row += 4;
    to += step;
  }
}

/** The same as 16-bit numbers. */
function widen(row: usize, quads: i32, to: usize, step: usize, unsigned: bool): void {
  for (let q = 0; q < quads; q++) {
    const v = v128.load32_zero(row);
    v128.store64_lane(to, unsigned ? i16x8.extend_low_i8x16_u(v) : i16x8.extend_low_i8x16_s(v), 0);
    row += 4;
    to += step;
  }
}

function sum(row: usize, count: i32, unsigned: bool): i32 {
  let total = 0;
  for (let k: usize = 0; k < <usize>count; k++) total += unsigned ? <i32>load<u8>(row + k) : <i32>load<i8>(row + k);
  return total;
}

/** The bytes under the kernel at so many output positions from `first` on, `bytes` apart: rows of the kernel, then columns, then channels. */
function windows(p: usize, first: i32, count: i32, to: usize, bytes: usize): void {
  const outWidth = load<i32>(p, OUT_WIDTH);
  const outHeight = load<i32>(p, OUT_HEIGHT);
  const imageBytes = <usize>load<i32>(p, HEIGHT) * <usize>load<i32>(p, WIDTH) * <usize>load<i32>(p, CHANNELS);
  let line = first / outWidth;
  let ox = first - line * outWidth;
  let image = load<u32>(p, X) + <usize>(line / outHeight) * imageBytes;
  line %= outHeight;
  for (let i = 0; i < count; i++) {
    store<u32>(to + bytes - 4, 0);
    window(p, image, line * load<i32>(p, STRIDE_Y) - load<i32>(p, PAD_TOP), ox * load<i32>(p, STRIDE_X) - load<i32>(p, PAD_LEFT), to, image + imageBytes);
    to += bytes;
    if (++ox < outWidth) continue;
    ox = 0;
    if (++line < outHeight) continue;
    line = 0;
    image += imageBytes;
  }
}

function window(p: usize, image: usize, y0: i32, x0: i32, to: usize, past: usize): void {
  const height = load<i32>(p, HEIGHT);
  const width = load<i32>(p, WIDTH);
  const channels = load<i32>(p, CHANNELS);
  const kernelHeight = load<i32>(p, KERNEL_HEIGHT);
  const kernelWidth = load<i32>(p, KERNEL_WIDTH);
  const stepY = load<i32>(p, DILATION_Y);
  const stepX = load<i32>(p, DILATION_X);
  const border = load<i32>(p, BORDER);
  const run = <usize>(kernelWidth * channels);
  const perRow = <usize>(width * channels);
  const whole = stepX == 1 && x0 >= 0 && x0 + kernelWidth <= width;
  if (whole && run <= 4 && y0 >= 0) {
    // A word for each row; what is too much of it is written over by the next, and left in what fills up the last quad.
    let from = image + <usize>y0 * perRow + <usize>(x0 * channels);
    const step = <usize>stepY * perRow;
    if (from + <usize>(kernelHeight - 1) * step + 4 <= past) {
      for (let i = 0; i < kernelHeight; i++) {
        store<u32>(to, load<u32>(from));
        to += run;
        from += step;
      }
      return;
    }
  }
  const pieces = whole ? 1 : kernelWidth;
  const size = whole ? run : <usize>channels;
  for (let i = 0; i < kernelHeight; i++) {
    const y = y0 + i * stepY;
    const from = image + <usize>y * perRow;
    for (let j = 0; j < pieces; j++) {
      const x = x0 + j * stepX;
      if (y < 0 || y >= height || x < 0 || x >= width) fillBytes(to, <u8>border, size);
      else copyBytes(to, from + <usize>(x * channels), size);
      to += size;
    }
  }
}
