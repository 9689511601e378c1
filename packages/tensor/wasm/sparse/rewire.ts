/**
 * i32-rewire-count and i32-rewire: a sparse matrix's rows after some non-zeros went and others came, by merging what stays with
 * what grew; f32-move: values in the order of the new ones.
 */

// Parameters of i32-rewire-count and i32-rewire, as words.
const POINTERS: usize = 0;
const INDICES: usize = 4;
/** u8, not 0 for each non-zero that stays. */
const KEEP: usize = 8;
/** f64[grown], row · columns + column, rising; none of a non-zero that stays. */
const GROWN: usize = 12;
const GROWN_COUNT: usize = 16;
const COLUMNS: usize = 20;
/** i32[rows + 1]: counts, one place on, become those of the new rows; then, summed up by the caller, where they begin. */
const NEW_POINTERS: usize = 24;
const NEW_INDICES: usize = 28;
/** i32, for each new non-zero its number before, or -1 - i for the i-th that grew. */
const FROM: usize = 32;
/** Becomes 1 if a grown position is out of range, doesn't rise, or is one of a non-zero that stays: then there are fewer than were counted. */
const WRONG: usize = 36;
const ROWS: usize = 40;

/** How many of the grown positions come before a row. */
function grownBefore(p: usize, row: i32): i32 {
  const grown = <usize>load<u32>(p, GROWN);
  const first = <f64>row * <f64>load<i32>(p, COLUMNS);
  let low = 0;
  let high = load<i32>(p, GROWN_COUNT);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (load<f64>(grown + (<usize>middle << 3)) < first) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Work items: rows. */
export function i32_rewire_count(p: usize, begin: i32, end: i32, scratch: usize): void {
  const pointers = <usize>load<u32>(p, POINTERS);
  const keep = <usize>load<u32>(p, KEEP);
  const to = <usize>load<u32>(p, NEW_POINTERS);
  const grown = <usize>load<u32>(p, GROWN);
  const count = load<i32>(p, GROWN_COUNT);
  const columns = <f64>load<i32>(p, COLUMNS);
  check(p, begin, end);
  let g = grownBefore(p, begin);
  for (let row = begin; row < end; row++) {
    const at = pointers + (<usize>row << 2);
    let stay = 0;
    for (let q = load<i32>(at), past = load<i32>(at, 4); q < past; q++) stay += i32(load<u8>(keep + <usize>q) != 0);
    const past = <f64>(row + 1) * columns;
    const first = g;
    while (g < count && load<f64>(grown + (<usize>g << 3)) < past) g++;
    store<i32>(to + (<usize>row << 2), stay + g - first, 4);
  }
}

/** Looks at as great a part of the grown positions as those rows are of all. */
function check(p: usize, begin: i32, end: i32): void {
  const rows = <i64>load<i32>(p, ROWS);
  const count = <i64>load<i32>(p, GROWN_COUNT);
  const grown = <usize>load<u32>(p, GROWN);
  const past = <f64>rows * <f64>load<i32>(p, COLUMNS);
  let i = <i32>((count * begin) / rows);
  let last: f64 = i > 0 ? load<f64>(grown + (<usize>i << 3) - 8) : -1;
  let wrong = 0;
  for (const until = <i32>((count * end) / rows); i < until; i++) {
    const position = load<f64>(grown + (<usize>i << 3));
    // Of NaN none of these is true.
    wrong |= i32(!(position > last)) | i32(!(position < past)) | i32(Math.trunc(position) != position);
    last = position;
  }
  if (wrong != 0) store<i32>(p, 1, WRONG);
}

/** Work items: rows. */
export function i32_rewire(p: usize, begin: i32, end: i32, scratch: usize): void {
  const pointers = <usize>load<u32>(p, POINTERS);
  const indices = <usize>load<u32>(p, INDICES);
  const keep = <usize>load<u32>(p, KEEP);
  const grown = <usize>load<u32>(p, GROWN);
  const newPointers = <usize>load<u32>(p, NEW_POINTERS);
  const toIndices = <usize>load<u32>(p, NEW_INDICES);
  const toFrom = <usize>load<u32>(p, FROM);
  const count = load<i32>(p, GROWN_COUNT);
  const columns = load<i32>(p, COLUMNS);
  let g = grownBefore(p, begin);
  for (let row = begin; row < end; row++) {
    const first = <f64>row * <f64>columns;
    let q = load<i32>(pointers + (<usize>row << 2));
    const past = load<i32>(pointers + (<usize>row << 2), 4);
    let to = <usize>load<i32>(newPointers + (<usize>row << 2)) << 2;
    const end = <usize>load<i32>(newPointers + (<usize>row << 2), 4) << 2;
    // Until all are there, because what comes after them goes.
    while (to < end) {
      const next = g < count ? <i32>min(load<f64>(grown + (<usize>g << 3)) - first, <f64>columns) : columns;
      for (; q < past && to < end; q++) {
        const old = load<i32>(indices + (<usize>q << 2));
        if (old >= next) break;
        // Written anyway, and written over where it goes: whether it does can't be predicted.
        store<i32>(toIndices + to, old);
        store<i32>(toFrom + to, q);
        to += load<u8>(keep + <usize>q) != 0 ? 4 : 0;
      }
      if (next == columns) break;
      store<i32>(toIndices + to, next);
      // One that went and came back is the old one.
      if (q < past && load<i32>(indices + (<usize>q << 2)) == next) {
        if (load<u8>(keep + <usize>q) != 0) store<i32>(p, 1, WRONG);
        store<i32>(toFrom + to, q++);
      } else store<i32>(toFrom + to, -1 - g);
      to += 4;
      g++;
    }
  }
}

// Parameters of f32-move, as words.
const MOVE_FROM: usize = 0;
const MOVE_COUNT: usize = 4;
const VALUES: usize = 8;
/** f32, or 0: then what grew is 0. */
const GROWN_VALUES: usize = 12;
const TO: usize = 16;
/** Elements at TO; those past COUNT become 0. */
const SIZE: usize = 20;

/** Elements of a work item. */
const ITEM: i32 = 4096;

/** Work items: ITEM elements. */
export function f32_move(p: usize, begin: i32, end: i32, scratch: usize): void {
  const from = <usize>load<u32>(p, MOVE_FROM);
  const values = <usize>load<u32>(p, VALUES);
  const grown = <usize>load<u32>(p, GROWN_VALUES);
  const to = <usize>load<u32>(p, TO);
  const count = load<i32>(p, MOVE_COUNT);
  const past = min(end * ITEM, load<i32>(p, SIZE));
  let i = begin * ITEM;
  for (const until = min(past, count); i < until; i++) {
    const at = load<i32>(from + (<usize>i << 2));
    let value: f32 = 0;
    if (at >= 0) value = load<f32>(values + (<usize>at << 2));
    else if (grown != 0) value = load<f32>(grown + (<usize>(-1 - at) << 2));
    store<f32>(to + (<usize>i << 2), value);
  }
  if (i < past) memory.fill(to + (<usize>i << 2), 0, <usize>(past - i) << 2);
}
