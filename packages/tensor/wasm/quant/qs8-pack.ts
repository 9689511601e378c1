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
    let from = <usize>load<u32>(p, X) + <usize>first * <usize>inputs;
    if (staged) {
      for (let i = 0; i < height; i++) {
        const to = scratch + <usize>i * bytes;
        const row = min(first + i, rows - 1);
        store<u32>(to + bytes - 4, 0);
        if (images) window(p, row, to);
        else memory.copy(to, <usize>load<u32>(p, X) + <usize>row * <usize>inputs, inputs);
      }
      from = scratch;
    }
    if (sums != 0) {
      for (let i = 0; i < min(height, rows - first); i++) store<i32>(sums + (<usize>(first + i) << 2), sum(from + <usize>i * bytes, inputs, unsigned));
    }
    const to = load<u32>(p, TO) + <usize>first * <usize>quads * bytesOfQuad;
    // Rows past the last repeat it; what they give is never stored.
    const last = staged ? height - 1 : min(height, rows - first) - 1;
    for (let i = 0; i < height; i++) {
      const row = from + <usize>min(i, last) * bytes;
      if (exact) widen(row, quads, to + (<usize>i << 3), <usize>height << 3, unsigned);
      else spread(row, quads, to + (<usize>i << 2), <usize>height << 2, flip);
    }
  }
}

/** The quads of a row, `step` bytes apart. */
function spread(row: usize, quads: i32, to: usize, step: usize, flip: u32): void {
  let q = 0;
  const flips = i32x4.splat(flip);
  for (; q + 4 <= quads; q += 4) {
    const v = v128.xor(v128.load(row), flips);
    v128.store32_lane(to, v, 0);
    v128.store32_lane(to + step, v, 1);
    v128.store32_lane(to + 2 * step, v, 2);
    v128.store32_lane(to + 3 * step, v, 3);
    row += 16;
    to += 4 * step;
  }
  for (; q < quads; q++) {
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

/** The bytes under the kernel at an output position: rows of the kernel, then columns, then channels. */
function window(p: usize, position: i32, to: usize): void {
  const outWidth = load<i32>(p, OUT_WIDTH);
  const outHeight = load<i32>(p, OUT_HEIGHT);
  const x0 = (position % outWidth) * load<i32>(p, STRIDE_X) - load<i32>(p, PAD_LEFT);
  const line = position / outWidth;
  const y0 = (line % outHeight) * load<i32>(p, STRIDE_Y) - load<i32>(p, PAD_TOP);
  const height = load<i32>(p, HEIGHT);
  const width = load<i32>(p, WIDTH);
  const channels = load<i32>(p, CHANNELS);
  const kernelWidth = load<i32>(p, KERNEL_WIDTH);
  const stepX = load<i32>(p, DILATION_X);
  const border = load<i32>(p, BORDER);
  const image = load<u32>(p, X) + <usize>(line / outHeight) * <usize>height * <usize>width * <usize>channels;
  for (let i = 0; i < load<i32>(p, KERNEL_HEIGHT); i++) {
    const y = y0 + i * load<i32>(p, DILATION_Y);
    if (y < 0 || y >= height) {
      fillBytes(to, <u8>border, kernelWidth * channels);
      to += kernelWidth * channels;
      continue;
    }
    const from = image + <usize>y * <usize>width * <usize>channels;
    if (stepX == 1 && x0 >= 0 && x0 + kernelWidth <= width) {
      copyBytes(to, from + <usize>x0 * <usize>channels, kernelWidth * channels);
      to += kernelWidth * channels;
      continue;
    }
    for (let j = 0; j < kernelWidth; j++) {
      const x = x0 + j * stepX;
      if (x < 0 || x >= width) fillBytes(to, <u8>border, channels);
      else copyBytes(to, from + <usize>x * <usize>channels, channels);
      to += channels;
    }
  }
}
