/** f32-pool: the greatest or the average value of each channel in each window, of what of it lies in the image, and their gradients. */
import { advanceBy, C, insideRun, listTaps, locate, OUT_PIXEL, OUTPUT, OW, OWN, SX, X } from './conv-windows';

// Parameters after those of the windows, as words.
/** For the gradients: the output's gradient, the image's, windows of an image, bytes of an image. */
const DY: usize = OWN;
const DX: usize = OWN + 4;
const IMAGE_WINDOWS: usize = OWN + 8;
const IMAGE_PIXELS: usize = OWN + 12;
/** Channels of a work item, and work items that share an image. */
const CHUNK: usize = OWN + 16;
const CHUNKS: usize = OWN + 20;
/** What the average's gradient is multiplied by. */
const SHARE: usize = OWN + 24;
/** The pooled values, if no pixel is in two windows, else 0. */
const Y: usize = OWN + 28;

/** Where the list of a window's taps is in scratch. */
const LIST: usize = 64;

/** Work items: rows of windows. A NaN is passed over, as tfjs does. */
export function f32_max_pool(p: usize, begin: i32, end: i32, scratch: usize): void {
  pool(p, begin, end, scratch, true);
}
/** Work items: rows of windows. */
export function f32_average_pool(p: usize, begin: i32, end: i32, scratch: usize): void {
  pool(p, begin, end, scratch, false);
}

function pool(p: usize, begin: i32, end: i32, scratch: usize, most: bool): void {
  const ow = load<i32>(p, OW);
  const bytes = load<u32>(p, C) << 2;
  const step = load<u32>(p, SX) * bytes;
  const outStep = load<u32>(p, OUT_PIXEL) << 2;
  const list = scratch + LIST;
  for (let row = begin; row < end; row++) {
    locate(p, row * ow, scratch);
    for (let ox = 0; ox < ow; ) {
      const past = listTaps(p, scratch, list);
      // Windows one after another that lie in the image have the same taps, a step further each.
      const run = max(1, insideRun(p, scratch, ow - ox));
      let to = <usize>load<u32>(scratch, OUTPUT);
      for (let i = 0; i < run; i++) {
        const shift = <usize>i * step;
        if (most) greatest(list, past, bytes, to, shift);
        else average(list, past, bytes, to, shift);
        to += outStep;
      }
      advanceBy(p, scratch, run);
      ox += run;
    }
  }
}

function greatest(list: usize, past: usize, bytes: usize, to: usize, shift: usize): void {
  const least = f32x4.splat(-Infinity);
  let c: usize = 0;
  for (; c + 32 <= bytes; c += 32) {
    let a = least;
    let b = least;
    for (let at = list; at < past; at += 8) {
      const x = <usize>load<u32>(at) + shift + c;
      a = f32x4.pmax(a, v128.load(x));
      b = f32x4.pmax(b, v128.load(x, 16));
    }
    v128.store(to + c, a);
    v128.store(to + c, b, 16);
  }
  for (; c < bytes; c += 4) {
    let a: f32 = -Infinity;
    for (let at = list; at < past; at += 8) {
      const x = load<f32>(<usize>load<u32>(at) + shift + c);
      if (x > a) a = x;
    }
    store<f32>(to + c, a);
  }
}

function average(list: usize, past: usize, bytes: usize, to: usize, shift: usize): void {
  // A window that lies wholly in the padding gives 0.
  const count = <f32>max<usize>((past - list) >> 3, 1);
  const counts = f32x4.splat(count);
  let c: usize = 0;
  for (; c + 32 <= bytes; c += 32) {
    let a = f32x4.splat(0);
    let b = f32x4.splat(0);
    for (let at = list; at < past; at += 8) {
      const x = <usize>load<u32>(at) + shift + c;
      a = f32x4.add(a, v128.load(x));
      b = f32x4.add(b, v128.load(x, 16));
    }
    a = f32x4.div(a, counts);
    b = f32x4.div(b, counts);
    v128.store(to + c, a);
    v128.store(to + c, b, 16);
  }
  for (; c < bytes; c += 4) {
    let a: f32 = 0;
    for (let at = list; at < past; at += 8) a += load<f32>(<usize>load<u32>(at) + shift + c);
    store<f32>(to + c, a / count);
  }
}

/** Work items: images, CHUNKS times over for as many pieces of the channels. The first greatest value of a window gets its dy. */
export function f32_max_pool_gradient(p: usize, begin: i32, end: i32, scratch: usize): void {
  spread(p, begin, end, scratch, true);
}
/** Work items: as above. */
export function f32_average_pool_gradient(p: usize, begin: i32, end: i32, scratch: usize): void {
  spread(p, begin, end, scratch, false);
}

function spread(p: usize, begin: i32, end: i32, scratch: usize, greatest: bool): void {
  const ow = load<i32>(p, OW);
  const channels = load<i32>(p, C);
  const bytes = <usize>channels << 2;
  const windows = load<i32>(p, IMAGE_WINDOWS);
  const pixels = load<u32>(p, IMAGE_PIXELS);
  const chunk = load<i32>(p, CHUNK);
  const chunks = load<i32>(p, CHUNKS);
  const share = load<f32>(p, SHARE);
  // From a pixel of the image to that of its gradient.
  const shift = <usize>(load<u32>(p, DX) - load<u32>(p, X));
  const step = load<u32>(p, SX) * <u32>bytes;
  const list = scratch + LIST;
  for (let item = begin; item < end; item++) {
    const image = item / chunks;
    const first = (item - image * chunks) * chunk;
    const from = <usize>first << 2;
    const past = <usize>min(first + chunk, channels) << 2;
    let dx = <usize>load<u32>(p, DX) + <usize>image * pixels * bytes;
    if (from == 0 && past == bytes) memory.fill(dx, 0, pixels * bytes);
    else {
      for (let i: u32 = 0; i < pixels; i++) {
        memory.fill(dx + from, 0, past - from);
        dx += bytes;
      }
    }
    const skipped = <usize>(image * windows) * bytes;
    let dy = <usize>load<u32>(p, DY) + skipped;
    let y = <usize>load<u32>(p, Y);
    if (y != 0) y += skipped;
    for (let q = 0; q < windows; ) {
      if (q % ow == 0) locate(p, image * windows + q, scratch);
      const listed = listTaps(p, scratch, list);
      const run = max(1, insideRun(p, scratch, ow - (q % ow)));
      for (let i = 0; i < run; i++) {
        const at = <usize>i * step;
        if (y != 0) toEqual(list, listed, from, past, dy, at, shift, y);
        else if (greatest) toGreatest(list, listed, from, past, dy, at, shift);
        else toAll(list, listed, from, past, dy, at + shift, share);
        dy += bytes;
        if (y != 0) y += bytes;
      }
      advanceBy(p, scratch, run);
      q += run;
    }
  }
}

/** The first value that is the pooled one gets dy, the window's others nothing; nor does any of a window of none that is greater than -Infinity. */
function toEqual(list: usize, listed: usize, from: usize, past: usize, dy: usize, at: usize, shift: usize, y: usize): void {
  const least = f32x4.splat(-Infinity);
  let c = from;
  for (; c + 32 <= past; c += 32) {
    const pooled = v128.load(y + c);
    const pooled1 = v128.load(y + c, 16);
    let given = v128.and(v128.load(dy + c), f32x4.gt(pooled, least));
    let given1 = v128.and(v128.load(dy + c, 16), f32x4.gt(pooled1, least));
    for (let tap = list; tap < listed; tap += 8) {
      const x = <usize>load<u32>(tap) + at + c;
      const equal = f32x4.eq(v128.load(x), pooled);
      const equal1 = f32x4.eq(v128.load(x, 16), pooled1);
      const a = v128.and(given, equal);
      const b = v128.and(given1, equal1);
      v128.store(x + shift, a);
      v128.store(x + shift, b, 16);
      given = v128.andnot(given, equal);
      given1 = v128.andnot(given1, equal1);
    }
  }
  for (; c < past; c += 4) {
    let given: f32 = load<f32>(y + c) > -Infinity ? load<f32>(dy + c) : 0;
    for (let tap = list; tap < listed; tap += 8) {
      const x = <usize>load<u32>(tap) + at + c;
      const equal = load<f32>(x) == load<f32>(y + c);
      store<f32>(x + shift, equal ? given : 0);
      if (equal) given = 0;
    }
  }
}

function toGreatest(list: usize, listed: usize, from: usize, past: usize, dy: usize, at: usize, shift: usize): void {
  let c = from;
  for (; c + 32 <= past; c += 32) {
    let best = f32x4.splat(-Infinity);
    let best1 = best;
    let which = i32x4.splat(0);
    let which1 = which;
    for (let tap = list; tap < listed; tap += 8) {
      const from = <usize>load<u32>(tap) + at + c;
      const x = v128.load(from);
      const x1 = v128.load(from, 16);
      const here = i32x4.splat(<i32>tap);
      const more = f32x4.gt(x, best);
      const more1 = f32x4.gt(x1, best1);
      best = v128.bitselect(x, best, more);
      best1 = v128.bitselect(x1, best1, more1);
      which = v128.bitselect(here, which, more);
      which1 = v128.bitselect(here, which1, more1);
    }
    const given = v128.load(dy + c);
    const given1 = v128.load(dy + c, 16);
    for (let tap = list; tap < listed; tap += 8) {
      const to = <usize>load<u32>(tap) + at + shift + c;
      const here = i32x4.splat(<i32>tap);
      v128.store(to, f32x4.add(v128.load(to), v128.and(given, i32x4.eq(which, here))));
      v128.store(to, f32x4.add(v128.load(to, 16), v128.and(given1, i32x4.eq(which1, here))), 16);
    }
  }
  for (; c < past; c += 4) {
    let best: f32 = -Infinity;
    let which: usize = 0;
    for (let tap = list; tap < listed; tap += 8) {
      const x = load<f32>(<usize>load<u32>(tap) + at + c);
      if (x > best) {
        best = x;
        which = tap;
      }
    }
    if (which == 0) continue;
    const to = <usize>load<u32>(which) + at + shift + c;
    store<f32>(to, load<f32>(to) + load<f32>(dy + c));
  }
}

function toAll(list: usize, listed: usize, from: usize, past: usize, dy: usize, shift: usize, share: f32): void {
  for (let at = list; at < listed; at += 8) {
    const to = <usize>load<u32>(at) + shift;
    let c = from;
    for (; c + 16 <= past; c += 16) v128.store(to + c, f32x4.add(v128.load(to + c), f32x4.mul(v128.load(dy + c), f32x4.splat(share))));
    for (; c < past; c += 4) store<f32>(to + c, load<f32>(to + c) + load<f32>(dy + c) * share);
  }
}
