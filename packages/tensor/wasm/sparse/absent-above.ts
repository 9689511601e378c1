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
/** For each row room for COLUMNS sizes. */
const SIZES: usize = 28;
/** For each row room for COLUMNS numbers of columns. */
const PLACES: usize = 32;
/** i32, how many there are of each row. */
const COUNTS: usize = 36;
/** i32, which rows these are. */
const LIST: usize = 40;

/** Work items: rows. */
export function f32_absent_above(p: usize, begin: i32, end: i32, scratch: usize): void {
  const columns = load<i32>(p, COLUMNS);
  const threshold = load<f32>(p, THRESHOLD);
  const least = f32x4.splat(threshold);
  for (let row = begin; row < end; row++) {
    const offset = (<usize>row * <usize>columns) << 2;
    const gradient = <usize>load<u32>(p, GRADIENT) + offset;
    const at = <usize>load<u32>(p, POINTERS) + (<usize>load<u32>(<usize>load<u32>(p, LIST) + (<usize>row << 2)) << 2);
    for (let q = <usize>load<u32>(at); q < <usize>load<u32>(at, 4); q++) {
      if (load<u8>(<usize>load<u32>(p, KEEP) + q) != 0) store<f32>(gradient + (<usize>load<u32>(<usize>load<u32>(p, INDICES) + (q << 2)) << 2), f32.NaN);
    }
    const sizes = <usize>load<u32>(p, SIZES) + offset;
    const places = <usize>load<u32>(p, PLACES) + offset;
    let found: usize = 0;
    let c = 0;
    for (; c + 8 <= columns; c += 8) {
      const from = gradient + (<usize>c << 2);
      const above0 = f32x4.gt(f32x4.abs(v128.load(from)), least);
      const above1 = f32x4.gt(f32x4.abs(v128.load(from, 16)), least);
      // One guess for the branch predictor a group, and one a find, not one a value.
      let lanes = i32x4.bitmask(above0) | (i32x4.bitmask(above1) << 4);
      while (lanes != 0) {
        const i = ctz(lanes);
        store<f32>(sizes + found, f32.abs(load<f32>(from + (<usize>i << 2))));
        store<i32>(places + found, c + i);
        found += 4;
        lanes &= lanes - 1;
      }
    }
    for (; c < columns; c++) found = take(gradient + (<usize>c << 2), c, threshold, sizes, places, found);
    store<i32>(<usize>load<u32>(p, COUNTS) + (<usize>row << 2), <i32>(found >> 2));
  }
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
    const count = load<i32>(<usize>load<u32>(p, COUNTS) + (<usize>row << 2));
    const offset = (<usize>row * <usize>columns) << 2;
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
