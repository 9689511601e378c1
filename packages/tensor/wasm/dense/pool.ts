/**
 * f32-pool: the greatest or the average value of each channel in each window, of what of it lies in the image, and their gradients.
 *
 * An image is [D, H, W, C], the grid of windows [OD, OH, OW]. Window (oz, oy, ox) begins at (oz·SZ - BZ, oy·SY - BY, ox·SX - BX), and its taps
 * are DZ, DY, DX pixels apart.
 */

// Parameters, as words; of triples the first.
const X: usize = 0;
const TO: usize = 4;
const IMAGE: usize = 8;
const W: usize = 16;
const C: usize = 20;
const GRID: usize = 24;
const OW: usize = 32;
const STRIDE: usize = 36;
const SX: usize = 44;
const WINDOW: usize = 48;
const WX: usize = 56;
const DILATION: usize = 60;
const DX: usize = 68;
const BEFORE: usize = 72;
const BX: usize = 80;
/** For the gradients: the output's gradient, the image's. */
const GIVEN: usize = 84;
const GRADIENT: usize = 88;
/** Channels of a work item, and work items that share an image. */
const CHUNK: usize = 92;
const CHUNKS: usize = 96;
/** What the average's gradient is multiplied by. */
const SHARE: usize = 100;
/** The pooled values, if no pixel is in two windows, else 0. */
const Y: usize = 104;

// In scratch: addresses of the image's rows that a row of windows meets, of the taps of one window, and one row that stands for several.
const LIST: usize = 409600;
const ROW: usize = 815104;
const LINE: usize = 819200;
/** Bytes of that row, so many that it stays in the first-level cache; one window may have more. */
const LINE_BYTES: i32 = 16384;
const MOST_LINE_BYTES: i32 = 196608;

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
  const w = load<i32>(p, W);
  const sx = load<i32>(p, SX);
  const pixel = load<i32>(p, C) << 2;
  const step = <usize>(sx * pixel);
  const span = (load<i32>(p, WX) - 1) * load<i32>(p, DX) + 1;
  const list = scratch + LIST;
  const line = scratch + LINE;
  // Where windows of a row overlap, the rows that they share are put together first.
  const overlap = sx < span && span <= MOST_LINE_BYTES / pixel;
  const piece = overlap ? max(1, (LINE_BYTES / pixel - span) / sx) : ow;
  let to = <usize>load<u32>(p, TO) + <usize>(begin * ow * pixel);
  for (let item = begin; item < end; item++) {
    const pastRows = listRows(p, item, scratch);
    const rows = <i32>(pastRows - scratch) >> 2;
    for (let ox = 0; ox < ow; ) {
      const past = min(ow, ox + piece);
      let from = scratch;
      let pastFrom = pastRows;
      if (overlap && rows > 1) {
        const first = max(0, start(p, ox));
        const bytes = (min(w, start(p, past - 1) + span) - first) * pixel;
        const skip = <usize>(first * pixel);
        if (bytes > 0) {
          if (most) greatest(scratch, pastRows, skip, <usize>bytes, line);
          else sum(scratch, pastRows, skip, <usize>bytes, line);
        }
        from = scratch + ROW;
        pastFrom = from + 4;
        store<u32>(from, line - skip);
      }
      while (ox < past) {
        const listed = listTaps(p, from, pastFrom, ox, list);
        let run = insideRun(p, ox, past);
        // What the window has in the image; one that lies wholly in the padding gives 0.
        const columns = pastFrom > from ? <i32>(listed - list) / <i32>(pastFrom - from) : 0;
        const count = <f32>max(rows * columns, 1);
        ox += run;
        if (pixel < 32 && run > 1 && sx > 1) {
          narrow(list, listed, step, <usize>pixel, run, to, most, count);
          to += <usize>(run * pixel);
          continue;
        }
        // Windows one pixel apart are as one of many channels.
        let bytes = <usize>pixel;
        if (sx == 1) {
          bytes *= <usize>run;
          run = 1;
        }
        for (let i = 0; i < run; i++) {
          if (most) greatest(list, listed, <usize>i * step, bytes, to);
          else average(list, listed, <usize>i * step, bytes, to, count);
          to += bytes;
        }
      }
    }
  }
}

/** The pixel at which a window of a row begins. */
// @ts-ignore: decorator
@inline
function start(p: usize, ox: i32): i32 {
  return ox * load<i32>(p, SX) - load<i32>(p, BX);
}

/** How many windows from one on, before `past`, have all of their row's taps in the image; 1 if that one hasn't. */
function insideRun(p: usize, ox: i32, past: i32): i32 {
  const from = start(p, ox);
  const room = load<i32>(p, W) - 1 - (load<i32>(p, WX) - 1) * load<i32>(p, DX) - from;
  return from < 0 || room < 0 ? 1 : min(past - ox, room / load<i32>(p, SX) + 1);
}

/** The first tap at or after an axis' beginning, and the one after the last before its end. */
function firstTap(from: i32, dilation: i32): i32 {
  return from >= 0 ? 0 : (dilation - 1 - from) / dilation;
}
function pastTap(from: i32, dilation: i32, taps: i32, size: i32): i32 {
  return from >= size ? 0 : min(taps, (size - 1 - from) / dilation + 1);
}

/** Lists the addresses of the image's rows that a row of windows meets. Returns the list's end. */
function listRows(p: usize, item: i32, list: usize): usize {
  const oh = load<i32>(p, GRID + 4);
  const od = load<i32>(p, GRID);
  const h = load<i32>(p, IMAGE + 4);
  const d = load<i32>(p, IMAGE);
  const plane = item / oh;
  const image = plane / od;
  const z = (plane - image * od) * load<i32>(p, STRIDE) - load<i32>(p, BEFORE);
  const y = (item - plane * oh) * load<i32>(p, STRIDE + 4) - load<i32>(p, BEFORE + 4);
  const dz = load<i32>(p, DILATION);
  const dy = load<i32>(p, DILATION + 4);
  const pastZ = pastTap(z, dz, load<i32>(p, WINDOW), d);
  const firstY = firstTap(y, dy);
  const pastY = pastTap(y, dy, load<i32>(p, WINDOW + 4), h);
  const row = load<i32>(p, W) * load<i32>(p, C) << 2;
  for (let i = firstTap(z, dz); i < pastZ; i++) {
    for (let j = firstY; j < pastY; j++) {
      store<u32>(list, load<u32>(p, X) + ((image * d + z + i * dz) * h + y + j * dy) * row);
      list += 4;
    }
  }
  return list;
}

/** Lists the addresses of a window's taps in the rows listed from `from` to `past`. Returns the list's end. */
function listTaps(p: usize, from: usize, past: usize, ox: i32, list: usize): usize {
  const dilation = load<i32>(p, DX);
  const x = start(p, ox);
  const first = firstTap(x, dilation);
  const count = pastTap(x, dilation, load<i32>(p, WX), load<i32>(p, W)) - first;
  const pixel = load<i32>(p, C) << 2;
  for (; from < past; from += 4) {
    let at = load<u32>(from) + (x + first * dilation) * pixel;
    for (let i = 0; i < count; i++) {
      store<u32>(list, at);
      list += 4;
      at += dilation * pixel;
    }
  }
  return list;
}

/** to = the greatest of what stands at the listed addresses. */
function greatest(list: usize, past: usize, shift: usize, bytes: usize, to: usize): void {
  const least = f32x4.splat(-Infinity);
  let c: usize = 0;
  for (; c + 64 <= bytes; c += 64) {
    let a0 = least;
    let a1 = least;
    let a2 = least;
    let a3 = least;
    for (let at = list; at < past; at += 4) {
      const x = <usize>load<u32>(at) + shift + c;
      const b0 = v128.load(x);
      const b1 = v128.load(x, 16);
      const b2 = v128.load(x, 32);
      const b3 = v128.load(x, 48);
      a0 = f32x4.pmax(a0, b0);
      a1 = f32x4.pmax(a1, b1);
      a2 = f32x4.pmax(a2, b2);
      a3 = f32x4.pmax(a3, b3);
    }
    v128.store(to + c, a0);
    v128.store(to + c, a1, 16);
    v128.store(to + c, a2, 32);
    v128.store(to + c, a3, 48);
  }
  for (; c + 16 <= bytes; c += 16) {
    let a = least;
    for (let at = list; at < past; at += 4) a = f32x4.pmax(a, v128.load(<usize>load<u32>(at) + shift + c));
    v128.store(to + c, a);
  }
  for (; c < bytes; c += 4) {
    let a = least;
    for (let at = list; at < past; at += 4) a = f32x4.pmax(a, v128.load32_zero(<usize>load<u32>(at) + shift + c));
    v128.store32_lane(to + c, a, 0);
  }
}

function average(list: usize, past: usize, shift: usize, bytes: usize, to: usize, count: f32): void {
  const counts = f32x4.splat(count);
  sum(list, past, shift, bytes, to);
  const end = to + bytes;
  for (; to + 32 <= end; to += 32) {
    const a = f32x4.div(v128.load(to), counts);
    const b = f32x4.div(v128.load(to, 16), counts);
    v128.store(to, a);
    v128.store(to, b, 16);
  }
  for (; to < end; to += 4) store<f32>(to, load<f32>(to) / count);
}

/** to = the sum of what stands at the listed addresses. */
function sum(list: usize, past: usize, shift: usize, bytes: usize, to: usize): void {
  const zero = f32x4.splat(0);
  let c: usize = 0;
  for (; c + 64 <= bytes; c += 64) {
    let a0 = zero;
    let a1 = zero;
    let a2 = zero;
    let a3 = zero;
    for (let at = list; at < past; at += 4) {
      const x = <usize>load<u32>(at) + shift + c;
      const b0 = v128.load(x);
      const b1 = v128.load(x, 16);
      const b2 = v128.load(x, 32);
      const b3 = v128.load(x, 48);
      a0 = f32x4.add(a0, b0);
      a1 = f32x4.add(a1, b1);
      a2 = f32x4.add(a2, b2);
      a3 = f32x4.add(a3, b3);
    }
    v128.store(to + c, a0);
    v128.store(to + c, a1, 16);
    v128.store(to + c, a2, 32);
    v128.store(to + c, a3, 48);
  }
  for (; c + 16 <= bytes; c += 16) {
    let a = zero;
    for (let at = list; at < past; at += 4) a = f32x4.add(a, v128.load(<usize>load<u32>(at) + shift + c));
    v128.store(to + c, a);
  }
  for (; c < bytes; c += 4) {
    let a: f32 = 0;
    for (let at = list; at < past; at += 4) a += load<f32>(<usize>load<u32>(at) + shift + c);
    store<f32>(to + c, a);
  }
}

/** `run` windows of few channels, four channels at a time: what is written beyond a window's channels, the next one writes over. */
function narrow(list: usize, past: usize, step: usize, pixel: usize, run: i32, to: usize, most: bool, count: f32): void {
  const none = f32x4.splat(most ? -Infinity : 0);
  const counts = f32x4.splat(count);
  const end = to + <usize>run * pixel;
  for (let shift: usize = 0; to < end; shift += step) {
    for (let c: usize = 0; c < pixel; c += 16) {
      let a = none;
      if (to + c + 16 > end) {
        if (most) greatest(list, past, shift + c, pixel - c, to + c);
        else average(list, past, shift + c, pixel - c, to + c, count);
        continue;
      }
      if (most) {
        for (let at = list; at < past; at += 4) a = f32x4.pmax(a, v128.load(<usize>load<u32>(at) + shift + c));
      } else {
        for (let at = list; at < past; at += 4) a = f32x4.add(a, v128.load(<usize>load<u32>(at) + shift + c));
        a = f32x4.div(a, counts);
      }
      v128.store(to + c, a);
    }
    to += pixel;
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
  const rows = load<i32>(p, GRID) * load<i32>(p, GRID + 4);
  const pixels = load<u32>(p, IMAGE) * load<u32>(p, IMAGE + 4) * load<u32>(p, W);
  const chunk = load<i32>(p, CHUNK);
  const chunks = load<i32>(p, CHUNKS);
  const share = load<f32>(p, SHARE);
  // From a pixel of the image to that of its gradient.
  const shift = <usize>(load<u32>(p, GRADIENT) - load<u32>(p, X));
  const step = load<u32>(p, SX) * <u32>bytes;
  const list = scratch + LIST;
  for (let item = begin; item < end; item++) {
    const image = item / chunks;
    const first = (item - image * chunks) * chunk;
    const from = <usize>first << 2;
    const past = <usize>min(first + chunk, channels) << 2;
    let dx = <usize>load<u32>(p, GRADIENT) + <usize>image * pixels * bytes;
    if (from == 0 && past == bytes) memory.fill(dx, 0, pixels * bytes);
    else {
      for (let i: u32 = 0; i < pixels; i++) {
        memory.fill(dx + from, 0, past - from);
        dx += bytes;
      }
    }
    const skipped = <usize>(image * rows * ow) * bytes;
    let dy = <usize>load<u32>(p, GIVEN) + skipped;
    let y = <usize>load<u32>(p, Y);
    if (y != 0) y += skipped;
    for (let row = image * rows; row < (image + 1) * rows; row++) {
      const pastRows = listRows(p, row, scratch);
      for (let ox = 0; ox < ow; ) {
        const listed = listTaps(p, scratch, pastRows, ox, list);
        const run = insideRun(p, ox, ow);
        for (let i = 0; i < run; i++) {
          const at = <usize>i * step;
          if (y != 0) toEqual(list, listed, from, past, dy, at, shift, y);
          else if (greatest) toGreatest(list, listed, from, past, dy, at, shift);
          else toAll(list, listed, from, past, dy, at + shift, share);
          dy += bytes;
          if (y != 0) y += bytes;
        }
        ox += run;
      }
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
    for (let tap = list; tap < listed; tap += 4) {
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
    for (let tap = list; tap < listed; tap += 4) {
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
    for (let tap = list; tap < listed; tap += 4) {
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
    for (let tap = list; tap < listed; tap += 4) {
      const to = <usize>load<u32>(tap) + at + shift + c;
      const here = i32x4.splat(<i32>tap);
      v128.store(to, f32x4.add(v128.load(to), v128.and(given, i32x4.eq(which, here))));
      v128.store(to, f32x4.add(v128.load(to, 16), v128.and(given1, i32x4.eq(which1, here))), 16);
    }
  }
  for (; c < past; c += 4) {
    let best: f32 = -Infinity;
    let which: usize = 0;
    for (let tap = list; tap < listed; tap += 4) {
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
  for (let at = list; at < listed; at += 4) {
    const to = <usize>load<u32>(at) + shift;
    let c = from;
    for (; c + 16 <= past; c += 16) v128.store(to + c, f32x4.add(v128.load(to + c), f32x4.mul(v128.load(dy + c), f32x4.splat(share))));
    for (; c < past; c += 4) store<f32>(to + c, load<f32>(to + c) + load<f32>(dy + c) * share);
  }
}
