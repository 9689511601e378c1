/**
 * f32-depthwise: out[q, c] = activation(sum over taps t of x[q + t, c]·filter[t, c] + bias[c]): each channel by itself.
 * What the taps are makes it forward or the gradient of the image (see conv-windows).
 */
import { madd } from '../simd/madd';
import { finishRow } from './epilogue';
import { advance, C, COUNT, firstMeeting, listTaps, locate, meetsRow, OUTPUT, OW, OWN, pastMeeting, BEGINNING, SX, TAP_BYTES, TAP_COUNT, TAP_FILTER, TAP_OFFSET, TAPS, TO } from './conv-windows';

// Parameters after those of the windows, as words.
const FILTER: usize = OWN;
const BIAS: usize = OWN + 4;
const ACTIVATION: usize = OWN + 8;
const SLOPE: usize = OWN + 12;
/** For the filter's gradient: the output's gradient, and rows of windows of a part. */
const DY: usize = OWN + 16;
const PART: usize = OWN + 20;

/** Where the list of a window's taps is in scratch. */
const LIST: usize = 64;

/** Any windows. Work items: rows of windows. */
export function f32_depthwise(p: usize, begin: i32, end: i32, scratch: usize): void {
  const ow = load<i32>(p, OW);
  const channels = load<i32>(p, C);
  const bytes = <usize>channels << 2;
  const filter = <usize>load<u32>(p, FILTER);
  const bias = <usize>load<u32>(p, BIAS);
  const activation = load<i32>(p, ACTIVATION);
  const slope = load<f32>(p, SLOPE);
  const list = scratch + LIST;
  for (let row = begin; row < end; row++) {
    locate(p, row * ow, scratch);
    for (let ox = 0; ox < ow; ox++) {
      const to = <usize>load<u32>(scratch, OUTPUT);
      one(list, listTaps(p, scratch, list), filter, bytes, to);
      if (bias != 0 || activation != 0) finishRow(to, channels, bias, activation, slope);
      advance(p, scratch);
    }
  }
}

function one(list: usize, past: usize, filter: usize, bytes: usize, to: usize): void {
  let c: usize = 0;
  for (; c + 16 <= bytes; c += 16) {
    let a = f32x4.splat(0);
    for (let at = list; at < past; at += 8) {
      a = madd(v128.load(<usize>load<u32>(at) + c), v128.load(filter + c + <usize>load<u32>(at, 4)), a);
    }
    v128.store(to + c, a);
  }
  for (; c < bytes; c += 4) {
    let a: f32 = 0;
    for (let at = list; at < past; at += 8) a += load<f32>(<usize>load<u32>(at) + c) * load<f32>(filter + c + <usize>load<u32>(at, 4));
    store<f32>(to + c, a);
  }
}

/** to[part, t, c] = sum over the part's windows q of x[q + t, c]·dy[q, c]. Work items: parts. */
export function f32_depthwise_filter_gradient(p: usize, begin: i32, end: i32, scratch: usize): void {
  const ow = load<i32>(p, OW);
  const rows = load<i32>(p, COUNT) / ow;
  const part = load<i32>(p, PART);
  const taps = <usize>load<u32>(p, TAPS);
  const count = load<u32>(p, TAP_COUNT);
  const bytes = load<u32>(p, C) << 2;
  const step = load<u32>(p, SX) * bytes;
  for (let item = begin; item < end; item++) {
    const to = <usize>load<u32>(p, TO) + <usize>item * count * bytes;
    memory.fill(to, 0, count * bytes);
    const past = min(rows, (item + 1) * part);
    for (let row = item * part; row < past; row++) {
      locate(p, row * ow, scratch);
      const dy = <usize>load<u32>(p, DY) + <usize>(row * ow) * bytes;
      for (let t: u32 = 0; t < count; t++) {
        const tap = taps + t * TAP_BYTES;
        if (!meetsRow(p, scratch, tap)) continue;
        const from = firstMeeting(p, scratch, tap);
        const length = pastMeeting(p, scratch, tap, ow) - from;
        if (length <= 0) continue;
        const x = <usize>(load<u32>(scratch, BEGINNING) + (load<i32>(tap, TAP_OFFSET) << 2)) + <usize>from * step;
        products(x, step, dy + <usize>from * bytes, bytes, length, to + load<u32>(tap, TAP_FILTER) * bytes);
      }
    }
  }
}

/** to[c] += sum over `length` pixels of x[c]·dy[c]. */
function products(x: usize, step: usize, dy: usize, bytes: usize, length: i32, to: usize): void {
  let c: usize = 0;
  for (; c + 32 <= bytes; c += 32) {
    let a = v128.load(to + c);
    let b = v128.load(to + c, 16);
    let left = x + c;
    let right = dy + c;
    for (let i = 0; i < length; i++) {
      a = madd(v128.load(left), v128.load(right), a);
      b = madd(v128.load(left, 16), v128.load(right, 16), b);
      left += step;
      right += bytes;
    }
    v128.store(to + c, a);
    v128.store(to + c, b, 16);
  }
  for (; c + 16 <= bytes; c += 16) {
    let a = v128.load(to + c);
    let left = x + c;
    let right = dy + c;
    for (let i = 0; i < length; i++) {
      a = madd(v128.load(left), v128.load(right), a);
      left += step;
      right += bytes;
    }
    v128.store(to + c, a);
  }
  for (; c < bytes; c += 4) {
    let a = load<f32>(to + c);
    let left = x + c;
    let right = dy + c;
    for (let i = 0; i < length; i++) {
      a += load<f32>(left) * load<f32>(right);
      left += step;
      right += bytes;
    }
    store<f32>(to + c, a);
  }
}
