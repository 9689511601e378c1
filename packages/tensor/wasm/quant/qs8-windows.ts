/**
 * Depthwise convolution and pooling of 8-bit images [height, width, channels], 16 channels at a time. Positions outside the image are left
 * out, which for a convolution is the same as the value that stands for 0.
 */
import { fixedPoint, limits, round } from './requantize';

// Parameters, as words.
const X: usize = 0;
const TO: usize = 4;
const UNSIGNED_X: usize = 8;
const X_ZERO: usize = 12;
/** i8[taps, out channels], and i32[out channels] or 0: the weights and their zero points. */
const W: usize = 16;
const W_ZEROS: usize = 20;
/** Out channels for each channel. */
const MULTIPLIER: usize = 24;
/** i32[out channels], or 0. */
const BIAS: usize = 28;
/** For each out channel f32, or multiplier and shift as i32. Of an average, f32[taps + 1]: by how many positions are inside. */
const FACTORS: usize = 32;
/** 0 by float32, 1 twice rounded, 2 once rounded; 3: to floats, the sums times the factors, plus F_BIAS. */
const ROUNDING: usize = 36;
const ZERO: usize = 40;
const LEAST: usize = 44;
const MOST: usize = 48;
const UNSIGNED: usize = 52;
const KERNEL_HEIGHT: usize = 56;
const KERNEL_WIDTH: usize = 60;
const HEIGHT: usize = 64;
const WIDTH: usize = 68;
const CHANNELS: usize = 72;
const OUT_HEIGHT: usize = 76;
const OUT_WIDTH: usize = 80;
const STRIDE_Y: usize = 84;
const STRIDE_X: usize = 88;
const PAD_TOP: usize = 92;
const PAD_LEFT: usize = 96;
const DILATION_Y: usize = 100;
const DILATION_X: usize = 104;
/** f32[out channels], or 0. */
const F_BIAS: usize = 108;

/** Scratch: sums, then factors of a part of 16 channels, a result, and limits. */
const SUMS: usize = 0;
const PART: usize = 64;
const RESULT: usize = 192;
const ENDS: usize = 208;

/** Work items: rows of the output. */
export function qs8_depthwise(p: usize, begin: i32, end: i32, scratch: usize): void {
  const channels = load<i32>(p, CHANNELS);
  const multiplier = load<i32>(p, MULTIPLIER);
  const out = channels * multiplier;
  const outWidth = load<i32>(p, OUT_WIDTH);
  const rounding = load<i32>(p, ROUNDING);
  const factors = load<u32>(p, FACTORS);
  const bias = load<u32>(p, F_BIAS);
  limits(scratch + ENDS, load<i32>(p, ZERO), load<i32>(p, LEAST), load<i32>(p, MOST));
  for (let line = begin; line < end; line++) {
    for (let ox = 0; ox < outWidth; ox++) {
      const to = load<u32>(p, TO) + (<usize>line * <usize>outWidth + <usize>ox) * <usize>out * (rounding == 3 ? 4 : 1);
      for (let c = 0; c < out; c += 16) {
        const width = min(16, out - c);
        if (width == 16 && multiplier == 1) sum16(p, line, ox, c, scratch + SUMS);
        else sumEach(p, line, ox, c, width, scratch + SUMS);
        if (rounding == 3) {
          floats(scratch + SUMS, width, factors + (<usize>c << 2), bias == 0 ? 0 : bias + (<usize>c << 2), to + (<usize>c << 2));
          continue;
        }
        if (rounding == 0) {
          let at = factors + (<usize>c << 2);
          if (width < 16) {
            memory.copy(scratch + PART, at, width << 2);
            at = scratch + PART;
          }
          round(scratch + SUMS, at, scratch + RESULT, scratch + ENDS, load<i32>(p, UNSIGNED) != 0);
        } else {
          fixedPoint(scratch + SUMS, factors + (<usize>c << 3), width, scratch + RESULT, rounding == 2, load<i32>(p, ZERO), load<i32>(p, LEAST), load<i32>(p, MOST));
        }
        if (width == 16) v128.store(to + c, v128.load(scratch, RESULT));
        else memory.copy(to + c, scratch + RESULT, width);
      }
    }
  }
}

/** y = sum · factor + bias. */
function floats(sums: usize, count: i32, factors: usize, bias: usize, to: usize): void {
  const bytes = <usize>count << 2;
  let k: usize = 0;
  for (; k + 16 <= bytes; k += 16) {
    const y = f32x4.mul(f32x4.convert_i32x4_s(v128.load(sums + k)), v128.load(factors + k));
    v128.store(to + k, bias == 0 ? y : f32x4.add(y, v128.load(bias + k)));
  }
  for (; k < bytes; k += 4) {
    const y = <f32>load<i32>(sums + k) * load<f32>(factors + k);
    store<f32>(to + k, bias == 0 ? y : y + load<f32>(bias + k));
  }
}

function sum16(p: usize, line: i32, ox: i32, c: i32, to: usize): void {
  const channels = <usize>load<i32>(p, CHANNELS);
  const height = load<i32>(p, HEIGHT);
  const width = load<i32>(p, WIDTH);
  const outHeight = load<i32>(p, OUT_HEIGHT);
  const kernelWidth = load<i32>(p, KERNEL_WIDTH);
  const unsigned = load<i32>(p, UNSIGNED_X) != 0;
  const x0 = ox * load<i32>(p, STRIDE_X) - load<i32>(p, PAD_LEFT);
  const y0 = (line % outHeight) * load<i32>(p, STRIDE_Y) - load<i32>(p, PAD_TOP);
  const image = load<u32>(p, X) + <usize>(line / outHeight) * <usize>height * <usize>width * channels + c;
  const zero = i16x8.splat(<i16>load<i32>(p, X_ZERO));
  const wZeros = load<u32>(p, W_ZEROS);
  const bias = load<u32>(p, BIAS);
  let z0 = i16x8.splat(0);
  let z1 = z0;
  if (wZeros != 0) {
    const at = wZeros + (<usize>c << 2);
    z0 = i16x8.narrow_i32x4_s(v128.load(at), v128.load(at, 16));
    z1 = i16x8.narrow_i32x4_s(v128.load(at, 32), v128.load(at, 48));
  }
  const from = bias == 0 ? 0 : bias + (<usize>c << 2);
  let s0 = bias == 0 ? i32x4.splat(0) : v128.load(from);
  let s1 = bias == 0 ? i32x4.splat(0) : v128.load(from, 16);
  let s2 = bias == 0 ? i32x4.splat(0) : v128.load(from, 32);
  let s3 = bias == 0 ? i32x4.splat(0) : v128.load(from, 48);
  let w = load<u32>(p, W) + c;
  for (let i = 0; i < load<i32>(p, KERNEL_HEIGHT); i++) {
    const y = y0 + i * load<i32>(p, DILATION_Y);
    if (y < 0 || y >= height) {
      w += <usize>kernelWidth * channels;
      continue;
    }
    for (let j = 0; j < kernelWidth; j++) {
      const x = x0 + j * load<i32>(p, DILATION_X);
      if (x >= 0 && x < width) {
        const at = image + (<usize>y * <usize>width + <usize>x) * channels;
        const a0 = i16x8.sub(unsigned ? v128.load8x8_u(at) : v128.load8x8_s(at), zero);
        const a1 = i16x8.sub(unsigned ? v128.load8x8_u(at, 8) : v128.load8x8_s(at, 8), zero);
        const w0 = i16x8.sub(v128.load8x8_s(w), z0);
        const w1 = i16x8.sub(v128.load8x8_s(w, 8), z1);
        s0 = i32x4.add(s0, i32x4.extmul_low_i16x8_s(a0, w0));
        s1 = i32x4.add(s1, i32x4.extmul_high_i16x8_s(a0, w0));
        s2 = i32x4.add(s2, i32x4.extmul_low_i16x8_s(a1, w1));
        s3 = i32x4.add(s3, i32x4.extmul_high_i16x8_s(a1, w1));
      }
      w += channels;
    }
  }
  v128.store(to, s0);
  v128.store(to, s1, 16);
  v128.store(to, s2, 32);
  v128.store(to, s3, 48);
}

function sumEach(p: usize, line: i32, ox: i32, c: i32, count: i32, to: usize): void {
  const channels = <usize>load<i32>(p, CHANNELS);
  const multiplier = load<i32>(p, MULTIPLIER);
  const out = channels * multiplier;
  const height = load<i32>(p, HEIGHT);
  const width = load<i32>(p, WIDTH);
  const outHeight = load<i32>(p, OUT_HEIGHT);
  const kernelWidth = load<i32>(p, KERNEL_WIDTH);
  const unsigned = load<i32>(p, UNSIGNED_X) != 0;
  const x0 = ox * load<i32>(p, STRIDE_X) - load<i32>(p, PAD_LEFT);
  const y0 = (line % outHeight) * load<i32>(p, STRIDE_Y) - load<i32>(p, PAD_TOP);
  const image = load<u32>(p, X) + <usize>(line / outHeight) * <usize>height * <usize>width * channels;
  const zero = load<i32>(p, X_ZERO);
  const wZeros = load<u32>(p, W_ZEROS);
  const bias = load<u32>(p, BIAS);
  for (let k = c; k < c + count; k++) {
    const wZero = wZeros == 0 ? 0 : load<i32>(wZeros + (<usize>k << 2));
    let s = bias == 0 ? 0 : load<i32>(bias + (<usize>k << 2));
    for (let i = 0; i < load<i32>(p, KERNEL_HEIGHT); i++) {
      const y = y0 + i * load<i32>(p, DILATION_Y);
      if (y < 0 || y >= height) continue;
      for (let j = 0; j < kernelWidth; j++) {
        const x = x0 + j * load<i32>(p, DILATION_X);
        if (x < 0 || x >= width) continue;
        const at = image + (<usize>y * <usize>width + <usize>x) * channels + k / multiplier;
        const value = unsigned ? <i32>load<u8>(at) : <i32>load<i8>(at);
        s += (value - zero) * (<i32>load<i8>(load<u32>(p, W) + <usize>(i * kernelWidth + j) * out + k) - wZero);
      }
    }
    store<i32>(to + (<usize>(k - c) << 2), s);
  }
}

/** Work items: rows of the output. The largest of each window. */
export function qs8_max_pool(p: usize, begin: i32, end: i32, scratch: usize): void {
  const channels = <usize>load<i32>(p, CHANNELS);
  const height = load<i32>(p, HEIGHT);
  const width = load<i32>(p, WIDTH);
  const outWidth = load<i32>(p, OUT_WIDTH);
  const outHeight = load<i32>(p, OUT_HEIGHT);
  const kernelHeight = load<i32>(p, KERNEL_HEIGHT);
  const kernelWidth = load<i32>(p, KERNEL_WIDTH);
  const unsigned = load<i32>(p, UNSIGNED_X) != 0;
  const perRow = <usize>width * channels;
  for (let line = begin; line < end; line++) {
    const image = load<u32>(p, X) + <usize>(line / outHeight) * <usize>height * perRow;
    const y0 = (line % outHeight) * load<i32>(p, STRIDE_Y) - load<i32>(p, PAD_TOP);
    const firstY = max(y0, 0);
    const rows = min(height, y0 + kernelHeight) - firstY;
    let to = load<u32>(p, TO) + <usize>line * <usize>outWidth * channels;
    for (let ox = 0; ox < outWidth; ox++) {
      const x0 = ox * load<i32>(p, STRIDE_X) - load<i32>(p, PAD_LEFT);
      const firstX = max(x0, 0);
      const columns = min(width, x0 + kernelWidth) - firstX;
      const from = image + <usize>firstY * perRow + <usize>firstX * channels;
      // A window that lies wholly in the padding has none.
      if (rows <= 0 || columns <= 0) memory.fill(to, unsigned ? 0 : 0x80, channels);
      else largest(from, rows, columns, channels, perRow, to, unsigned);
      to += channels;
    }
  }
}

/** Of so many rows and columns, at least one of each, channel by channel. */
// @ts-ignore: decorator
@inline
function largest(from: usize, rows: i32, columns: i32, channels: usize, perRow: usize, to: usize, unsigned: bool): void {
  // The last 16 channels may overlap those before them.
  for (let c: usize = 0; c + 16 <= channels; c = c + 32 > channels && c + 16 < channels ? channels - 16 : c + 16) {
    let best = v128.load(from + c);
    for (let i = 0; i < rows; i++) {
      let at = from + <usize>i * perRow + c;
      for (let j = 0; j < columns; j++) {
        const v = v128.load(at);
        best = unsigned ? i8x16.max_u(best, v) : i8x16.max_s(best, v);
        at += channels;
      }
    }
    v128.store(to + c, best);
  }
  if (channels >= 16) return;
  for (let c: usize = 0; c < channels; c++) {
    let best: i32 = unsigned ? 0 : -128;
    for (let i = 0; i < rows; i++) {
      let at = from + <usize>i * perRow + c;
      for (let j = 0; j < columns; j++) {
        best = max(best, unsigned ? <i32>load<u8>(at) : <i32>load<i8>(at));
        at += channels;
      }
    }
    store<u8>(to + c, <u8>best);
  }
}

/** Work items: rows of the output. round(sum of (x - zero) · factor of how many are inside) + zero of the output. */
export function qs8_average_pool(p: usize, begin: i32, end: i32, scratch: usize): void {
  const channels = <usize>load<i32>(p, CHANNELS);
  const height = load<i32>(p, HEIGHT);
  const width = load<i32>(p, WIDTH);
  const outWidth = load<i32>(p, OUT_WIDTH);
  const outHeight = load<i32>(p, OUT_HEIGHT);
  const unsigned = load<i32>(p, UNSIGNED_X) != 0;
  const zero = load<i32>(p, X_ZERO);
  const perRow = <usize>width * channels;
  limits(scratch + ENDS, load<i32>(p, ZERO), load<i32>(p, LEAST), load<i32>(p, MOST));
  for (let line = begin; line < end; line++) {
    const image = load<u32>(p, X) + <usize>(line / outHeight) * <usize>height * perRow;
    const y0 = (line % outHeight) * load<i32>(p, STRIDE_Y) - load<i32>(p, PAD_TOP);
    const firstY = max(y0, 0);
    const rows = max(min(height, y0 + load<i32>(p, KERNEL_HEIGHT)) - firstY, 0);
    for (let ox = 0; ox < outWidth; ox++) {
      const x0 = ox * load<i32>(p, STRIDE_X) - load<i32>(p, PAD_LEFT);
      const firstX = max(x0, 0);
      const columns = max(min(width, x0 + load<i32>(p, KERNEL_WIDTH)) - firstX, 0);
      const inside = rows * columns;
      const factor = load<f32>(load<u32>(p, FACTORS) + (<usize>inside << 2));
      const from = image + <usize>firstY * perRow + <usize>firstX * channels;
      const to = load<u32>(p, TO) + (<usize>line * <usize>outWidth + <usize>ox) * channels;
      let c: usize = 0;
      for (; c + 16 <= channels; c += 16) {
        mean16(from + c, rows, columns, channels, perRow, -zero * inside, scratch, unsigned);
        const factors = scratch + PART;
        for (let j: usize = 0; j < 64; j += 16) v128.store(factors + j, f32x4.splat(factor));
        round(scratch, factors, to + c, scratch + ENDS, load<i32>(p, UNSIGNED) != 0);
      }
      for (; c < channels; c++) {
        let s = -zero * inside;
        for (let i = 0; i < rows; i++) {
          let at = from + <usize>i * perRow + c;
          for (let j = 0; j < columns; j++) {
            s += unsigned ? <i32>load<u8>(at) : <i32>load<i8>(at);
            at += channels;
          }
        }
        const y = <i32>nearest<f32>(<f32>s * factor);
        store<u8>(to + c, <u8>max(min(y + load<i32>(p, ZERO), load<i32>(p, MOST)), load<i32>(p, LEAST)));
      }
    }
  }
}

/** Sums of 16 channels, and a number. */
// @ts-ignore: decorator
@inline
function mean16(from: usize, rows: i32, columns: i32, channels: usize, perRow: usize, first: i32, to: usize, unsigned: bool): void {
  let s0 = i32x4.splat(first);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (let i = 0; i < rows; i++) {
    let at = from + <usize>i * perRow;
    for (let j = 0; j < columns; j++) {
      const a = unsigned ? v128.load8x8_u(at) : v128.load8x8_s(at);
      const b = unsigned ? v128.load8x8_u(at, 8) : v128.load8x8_s(at, 8);
      s0 = i32x4.add(s0, i32x4.extend_low_i16x8_s(a));
      s1 = i32x4.add(s1, i32x4.extend_high_i16x8_s(a));
      s2 = i32x4.add(s2, i32x4.extend_low_i16x8_s(b));
      s3 = i32x4.add(s3, i32x4.extend_high_i16x8_s(b));
      at += channels;
    }
  }
  v128.store(to, s0);
  v128.store(to, s1, 16);
  v128.store(to, s2, 32);
  v128.store(to, s3, 48);
}
