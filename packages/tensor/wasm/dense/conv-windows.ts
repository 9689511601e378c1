/**
 * Windows that slide over images: what convolutions and pooling share.
 *
 * An image is [D, H, W, C]; a flat one has D = 1. The grid of windows is [OD, OH, OW]; window (oz, oy, ox) begins at
 * (oz·SZ, oy·SY, ox·SX), and each of its taps lies (dz, dy, dx) from there, perhaps outside of the image. Padding,
 * dilation and the transposed convolution are all a matter of which taps there are.
 */

// Parameters, as words.
export const X: usize = 0;
export const TO: usize = 4;
const D: usize = 8;
export const H: usize = 12;
export const W: usize = 16;
export const C: usize = 20;
const OD: usize = 24;
export const OH: usize = 28;
export const OW: usize = 32;
const SZ: usize = 36;
export const SY: usize = 40;
export const SX: usize = 44;
export const TAPS: usize = 48;
export const TAP_COUNT: usize = 52;
/** Elements of the output from one image, plane, row, pixel to the next. */
export const OUT_IMAGE: usize = 56;
const OUT_PLANE: usize = 60;
export const OUT_ROW: usize = 64;
export const OUT_PIXEL: usize = 68;
/** Windows of all images. */
export const COUNT: usize = 72;
/** The least and the greatest offset of a tap. */
const Z_LEAST: usize = 76;
const Z_MOST: usize = 80;
export const Y_LEAST: usize = 84;
export const Y_MOST: usize = 88;
export const X_LEAST: usize = 92;
export const X_MOST: usize = 96;
/** Where a kernel's own parameters begin. */
export const OWN: usize = 100;

// A tap:
export const TAP_BYTES: usize = 32;
const TAP_Z: usize = 0;
export const TAP_Y: usize = 4;
export const TAP_X: usize = 8;
/** How many taps from this on lie one after another in memory. */
export const TAP_RUN: usize = 12;
/** Its place in the filter. */
export const TAP_FILTER: usize = 16;
/** Elements from the window's beginning. */
export const TAP_OFFSET: usize = 20;

// A window's place:
export const PLACE_BYTES: usize = 32;
/** Address of its beginning, which may lie outside of the image. */
export const BEGINNING: usize = 0;
const PLACE_Z: usize = 4;
const PLACE_Y: usize = 8;
const PLACE_X: usize = 12;
/** Address of its output. */
export const OUTPUT: usize = 16;
/** Whether all of its taps lie in the image. */
export const INSIDE: usize = 20;

/** Writes where window `q` of all images is. */
export function locate(p: usize, q: i32, place: usize): void {
  const ow = load<i32>(p, OW);
  const oh = load<i32>(p, OH);
  const od = load<i32>(p, OD);
  const row = q / ow;
  const ox = q - row * ow;
  const plane = row / oh;
  const oy = row - plane * oh;
  const image = plane / od;
  const oz = plane - image * od;
  const z = oz * load<i32>(p, SZ);
  const y = oy * load<i32>(p, SY);
  const x = ox * load<i32>(p, SX);
  const pixel = ((image * load<i32>(p, D) + z) * load<i32>(p, H) + y) * load<i32>(p, W) + x;
  store<u32>(place, load<u32>(p, X) + ((pixel * load<i32>(p, C)) << 2), BEGINNING);
  store<i32>(place, z, PLACE_Z);
  store<i32>(place, y, PLACE_Y);
  store<i32>(place, x, PLACE_X);
  const to = image * load<i32>(p, OUT_IMAGE) + oz * load<i32>(p, OUT_PLANE) + oy * load<i32>(p, OUT_ROW) + ox * load<i32>(p, OUT_PIXEL);
  store<u32>(place, load<u32>(p, TO) + (to << 2), OUTPUT);
  store<i32>(place, within(p, z, y, x) ? 1 : 0, INSIDE);
}

/** Writes where `count` windows from `q` on are. */
export function locateRun(p: usize, q: i32, count: i32, places: usize): void {
  const ow = load<i32>(p, OW);
  let left = 0;
  let place = places;
  for (let i = 0; i < count; i++) {
    if (left == 0) {
      locate(p, q + i, place);
      left = ow - ((q + i) % ow);
    } else {
      v128.store(place, v128.load(place - PLACE_BYTES));
      store<u32>(place, load<u32>(place - PLACE_BYTES, OUTPUT), OUTPUT);
      advance(p, place);
    }
    left--;
    place += PLACE_BYTES;
  }
}

/** Goes on to the next window of the same row. */
export function advance(p: usize, place: usize): void {
  const step = load<i32>(p, SX);
  const x = load<i32>(place, PLACE_X) + step;
  store<i32>(place, x, PLACE_X);
  store<u32>(place, load<u32>(place, BEGINNING) + ((step * load<i32>(p, C)) << 2), BEGINNING);
  store<u32>(place, load<u32>(place, OUTPUT) + (load<i32>(p, OUT_PIXEL) << 2), OUTPUT);
  store<i32>(place, within(p, load<i32>(place, PLACE_Z), load<i32>(place, PLACE_Y), x) ? 1 : 0, INSIDE);
}

// @ts-ignore: decorator
@inline
function within(p: usize, z: i32, y: i32, x: i32): bool {
  return (
    x + load<i32>(p, X_LEAST) >= 0 &&
    x + load<i32>(p, X_MOST) < load<i32>(p, W) &&
    y + load<i32>(p, Y_LEAST) >= 0 &&
    y + load<i32>(p, Y_MOST) < load<i32>(p, H) &&
    z + load<i32>(p, Z_LEAST) >= 0 &&
    z + load<i32>(p, Z_MOST) < load<i32>(p, D)
  );
}

/** Whether a tap of a window lies in the image. */
// @ts-ignore: decorator
@inline
export function meets(p: usize, place: usize, tap: usize): bool {
  return (
    <u32>(load<i32>(place, PLACE_X) + load<i32>(tap, TAP_X)) < load<u32>(p, W) &&
    <u32>(load<i32>(place, PLACE_Y) + load<i32>(tap, TAP_Y)) < load<u32>(p, H) &&
    <u32>(load<i32>(place, PLACE_Z) + load<i32>(tap, TAP_Z)) < load<u32>(p, D)
  );
}

/** The first window of a row whose `tap` lies in the image, counted from the place on; `past` is the one after the last. */
export function firstMeeting(p: usize, place: usize, tap: usize): i32 {
  const x = load<i32>(place, PLACE_X) + load<i32>(tap, TAP_X);
  const step = load<i32>(p, SX);
  return x >= 0 ? 0 : (step - 1 - x) / step;
}
export function pastMeeting(p: usize, place: usize, tap: usize, count: i32): i32 {
  const room = load<i32>(p, W) - 1 - load<i32>(place, PLACE_X) - load<i32>(tap, TAP_X);
  return room < 0 ? 0 : min(count, room / load<i32>(p, SX) + 1);
}
/** Whether a tap of a row of windows lies in the image but for its place in the row. */
export function meetsRow(p: usize, place: usize, tap: usize): bool {
  return (
    <u32>(load<i32>(place, PLACE_Y) + load<i32>(tap, TAP_Y)) < load<u32>(p, H) &&
    <u32>(load<i32>(place, PLACE_Z) + load<i32>(tap, TAP_Z)) < load<u32>(p, D)
  );
}

/** Lists the taps of a window that lie in the image: their addresses, and bytes from the filter's beginning. Returns the list's end. */
export function listTaps(p: usize, place: usize, list: usize): usize {
  const inside = load<i32>(place, INSIDE) != 0;
  const channels = load<i32>(p, C);
  const beginning = load<u32>(place, BEGINNING);
  let tap = <usize>load<u32>(p, TAPS);
  const past = tap + <usize>load<u32>(p, TAP_COUNT) * TAP_BYTES;
  for (; tap < past; tap += TAP_BYTES) {
    if (inside || meets(p, place, tap)) {
      store<u32>(list, beginning + (load<i32>(tap, TAP_OFFSET) << 2));
      store<u32>(list, (load<i32>(tap, TAP_FILTER) * channels) << 2, 4);
      list += 8;
    }
  }
  return list;
}
