/**
 * f32-absent-above: of some rows of a dense gradient, the sizes above a threshold and where they are, but for the places of
 * a sparse matrix's non-zeros that stay. Those are set to NaN in the gradient, which is above nothing. f32-gather-absent puts what
 * was found of each row behind what was found before.
 */

// Parameters, as words.
const GRADIENT: usize = 0;
/** i32, where each row's non-zeros begin, of the whole matrix. */
const POINTERS: usize = 4;
const INDICES: usize = 8;
/** u8, 1 for each non-zero that stays. */
const KEEP: usize = 12;
const ROWS: usize = 16;
const COLUMNS: usize = 20;
const THRESHOLD: usize = 24;
/** Room for ROWS · (COLUMNS + 2) sizes. */
const SIZES: usize = 28;
/** Room for as many numbers of columns. */
const PLACES: usize = 32;
/** i32[rows, 2]: which is the first of each row, and how many there are. */
const SPANS: usize = 36;
/** i32, which rows these are. */
const LIST: usize = 40;

/** Work items: rows. */
export function f32_absent_above(p: usize, begin: i32, end: i32, scratch: usize): void {
  const columns = load<i32>(p, COLUMNS);
  const threshold = load<f32>(p, THRESHOLD);
  const sizes = <usize>load<u32>(p, SIZES);
  const places = <usize>load<u32>(p, PLACES);
  // Row after row without a gap, because few are found: each line of memory apart costs more than what is written to it.
  let found = (<usize>begin * <usize>(columns + 2)) << 2;
  for (let row = begin; row < end; row++) {
    const offset = (<usize>row * <usize>columns) << 2;
    const gradient = <usize>load<u32>(p, GRADIENT) + offset;
    const at = <usize>load<u32>(p, POINTERS) + (<usize>load<u32>(<usize>load<u32>(p, LIST) + (<usize>row << 2)) << 2);
    for (let q = <usize>load<u32>(at); q < <usize>load<u32>(at, 4); q++) {
      if (load<u8>(<usize>load<u32>(p, KEEP) + q) != 0) store<f32>(gradient + (<usize>load<u32>(<usize>load<u32>(p, INDICES) + (q << 2)) << 2), f32.NaN);
    }
    const first = found;
    let c = 0;
    for (; c + 32 <= columns; c += 32) {
      const from = gradient + (<usize>c << 2);
      let lanes = sixteen(from, threshold) | (sixteen(from + 64, threshold) << 16);
      const past = found + (<usize>popcnt(lanes) << 2);
      // Where there is one can't be predicted: two are put down in any case, and written over where they aren't.
      put(from, ctz(lanes) & 31, c, sizes + found, places + found);
      lanes &= lanes - 1;
      put(from, ctz(lanes) & 31, c, sizes + found + 4, places + found + 4);
      lanes &= lanes - 1;
      for (found += 8; lanes != 0; found += 4) {
        put(from, ctz(lanes), c, sizes + found, places + found);
        lanes &= lanes - 1;
      }
      found = past;
    }
    for (; c < columns; c++) found = take(gradient + (<usize>c << 2), c, threshold, sizes, places, found);
    const span = <usize>load<u32>(p, SPANS) + (<usize>row << 3);
    store<u32>(span, <u32>(first >> 2));
    store<u32>(span, <u32>((found - first) >> 2), 4);
  }
}

// @ts-ignore: decorator
@inline
function put(from: usize, lane: i32, column: i32, size: usize, place: usize): void {
  store<f32>(size, f32.abs(load<f32>(from + (<usize>lane << 2))));
  store<i32>(place, column + lane);
}

/** A bit for each of sixteen values whose size is above a threshold. */
// @ts-ignore: decorator
@inline
function sixteen(from: usize, threshold: f32): i32 {
  const low = i16x8.narrow_i32x4_s(above(from, threshold), above(from + 16, threshold));
  const high = i16x8.narrow_i32x4_s(above(from + 32, threshold), above(from + 48, threshold));
  return i8x16.bitmask(i8x16.narrow_i16x8_s(low, high));
}

// @ts-ignore: decorator
@inline
function above(from: usize, threshold: f32): v128 {
  const v = v128.load(from);
  return v128.or(f32x4.gt(v, f32x4.splat(threshold)), f32x4.lt(v, f32x4.splat(-threshold)));
}

// @ts-ignore: decorator
@inline
function take(from: usize, column: i32, threshold: f32, sizes: usize, places: usize, found: usize): usize {
  const size = f32.abs(load<f32>(from));
  if (!(size > threshold)) return found;
  store<f32>(sizes + found, size);
  store<i32>(places + found, column);
  return found + 4;
}

// Parameters of f32-gather-absent besides: where sizes and positions go, of which there is room for ROWS · COLUMNS more.
/** f32 */
const TO_SIZES: usize = 44;
/** f64, row · columns + column */
const TO_POSITIONS: usize = 48;
/** i32, how many were found. */
const FOUND: usize = 52;

/** One work item. */
export function f32_gather_absent(p: usize, begin: i32, end: i32, scratch: usize): void {
  const rows = load<i32>(p, ROWS);
  const columns = load<i32>(p, COLUMNS);
  let toSizes = <usize>load<u32>(p, TO_SIZES);
  let toPositions = <usize>load<u32>(p, TO_POSITIONS);
  let total = 0;
  for (let row = 0; row < rows; row++) {
    const span = <usize>load<u32>(p, SPANS) + (<usize>row << 3);
    const offset = <usize>load<u32>(span) << 2;
    const count = load<i32>(span, 4);
    memory.copy(toSizes, <usize>load<u32>(p, SIZES) + offset, <usize>count << 2);
    const places = <usize>load<u32>(p, PLACES) + offset;
    const position = <f64>load<i32>(<usize>load<u32>(p, LIST) + (<usize>row << 2)) * <f64>columns;
    for (let i = 0; i < count; i++) {
      store<f64>(toPositions, position + <f64>load<i32>(places + (<usize>i << 2)));
      toPositions += 8;
    }
    toSizes += <usize>count << 2;
    total += count;
  }
  store<i32>(<usize>load<u32>(p, FOUND), total);
}
