/**
 * qs8-pack: the activations of an int8 product, from rows of bytes, or windows of images, to what the register tiles read: by groups of rows,
 * quad by quad. `dot` tiles take bytes, `exact` ones 16-bit numbers. It also finds each row's sum where the weights have zero points.
 */

import { copyBytes, fillBytes } from './bytes';
import { heightOf, most } from './qs8-groups';

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

/** Work items: groups of rows. */
export function qs8_pack(p: usize, begin: i32, end: i32, scratch: usize): void {
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
  for (let group = begin; group < end; group++) {
    const first = group * most(exact);
    const height = heightOf(group, rows, exact);
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
    let to = load<u32>(p, TO) + <usize>first * <usize>quads * bytesOfQuad;
    let done = 0;
    if (!exact && there == height && height >= 4) done = together(from, bytes, quads, height, to, flip);
    from += <usize>done << 2;
    to += <usize>(done * height) << 2;
    // Rows past the last repeat it; what they give is never stored.
    for (let i = 0; i < height; i++) {
      const row = from + <usize>min(i, there - 1) * bytes;
      if (exact) widen(row, quads, to + (<usize>i << 3), <usize>height << 3, unsigned);
      else spread(row, quads - done, to + (<usize>i << 2), <usize>height << 2, flip);
    }
  }
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

// @ts-ignore: decorator
@inline
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
  for (let i = 0; i < kernelHeight; i++) {
    const y = y0 + i * stepY;
    const from = image + <usize>y * perRow;
    if (y < 0 || y >= height) fillBytes(to, <u8>border, run);
    else if (whole) copyBytes(to, from + <usize>(x0 * channels), run);
    else {
      for (let j = 0; j < kernelWidth; j++) {
        const x = x0 + j * stepX;
        const at = to + <usize>(j * channels);
        if (x < 0 || x >= width) fillBytes(at, <u8>border, channels);
        else copyBytes(at, from + <usize>(x * channels), channels);
      }
    }
    to += run;
  }
}
