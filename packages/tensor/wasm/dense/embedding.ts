/**
 * f32-embedding-gradient: to[ids[i], :] = the sum of dy[i, :] over the places i of each id, 0 where there is none.
 *
 * A work item owns some rows of the table and looks through all the ids for them, so each row's sum is added up in the
 * order of the ids, and no two threads write to the same row.
 */

// Parameters, as words.
const DY: usize = 0;
const IDS: usize = 4;
const TO: usize = 8;
const COUNT: usize = 12;
const WIDTH: usize = 16;
const ROWS: usize = 20;
/** Rows of a work item. */
const PART: usize = 24;

/** Work items: parts of the table's rows. */
export function f32_embedding_gradient(p: usize, begin: i32, end: i32, scratch: usize): void {
  const bytes = load<usize>(p, WIDTH) << 2;
  const part = load<i32>(p, PART);
  const count = load<i32>(p, COUNT);
  const ids = <usize>load<u32>(p, IDS);
  const dy = <usize>load<u32>(p, DY);
  for (let item = begin; item < end; item++) {
    const first = item * part;
    const rows = min(part, load<i32>(p, ROWS) - first);
    const to = <usize>load<u32>(p, TO) + <usize>first * bytes;
    memory.fill(to, 0, <usize>rows * bytes);
    const from = i32x4.splat(first);
    const size = i32x4.splat(rows);
    let i = 0;
    for (; i + 4 <= count; i += 4) {
      const at = i32x4.sub(v128.load(ids + (<usize>i << 2)), from);
      let own = i32x4.bitmask(i32x4.lt_u(at, size));
      while (own != 0) {
        const lane = ctz(own);
        own &= own - 1;
        const row = load<i32>(ids + (<usize>(i + lane) << 2)) - first;
        addRow(to + <usize>row * bytes, dy + <usize>(i + lane) * bytes, bytes);
      }
    }
    for (; i < count; i++) {
      const row = load<i32>(ids + (<usize>i << 2)) - first;
      if (<u32>row < <u32>rows) addRow(to + <usize>row * bytes, dy + <usize>i * bytes, bytes);
    }
  }
}

function addRow(to: usize, x: usize, bytes: usize): void {
  let j: usize = 0;
  for (; j + 32 <= bytes; j += 32) {
    const a = f32x4.add(v128.load(to + j), v128.load(x + j));
    const b = f32x4.add(v128.load(to + j, 16), v128.load(x + j, 16));
    v128.store(to + j, a);
    v128.store(to + j, b, 16);
  }
  for (; j < bytes; j += 4) store<f32>(to + j, load<f32>(to + j) + load<f32>(x + j));
}
