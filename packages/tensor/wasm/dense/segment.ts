/** Rows added where an index says: to[ids[i], :] += x[i, :]. The transpose of gathering rows. */

// Parameters, as words.
const X: usize = 0;
const TO: usize = 4;
const IDS: usize = 8;
const ROWS: usize = 12;
/** Elements of a row. */
const WIDTH: usize = 16;
/** Rows of the result; an id beyond them names none. */
const SEGMENTS: usize = 20;
/** Columns of a work item. */
const CHUNK: usize = 24;

/** Work items: pieces of the columns, so that no two add to the same place and the order of additions is that of the rows. */
export function f32_segment_sum(p: usize, begin: i32, end: i32, scratch: usize): void {
  const count = load<i32>(p, ROWS);
  const stride = load<u32>(p, WIDTH) << 2;
  const segments = load<u32>(p, SEGMENTS);
  const chunk = load<u32>(p, CHUNK) << 2;
  const ids = <usize>load<u32>(p, IDS);
  for (let item = begin; item < end; item++) {
    const from = <usize>item * chunk;
    const bytes = min<usize>(chunk, stride - from);
    const to = <usize>load<u32>(p, TO) + from;
    let x = <usize>load<u32>(p, X) + from;
    for (let i = 0; i < count; i++) {
      const id = load<u32>(ids + (<usize>i << 2));
      if (id < segments) addRow(to + <usize>id * stride, x, bytes);
      x += stride;
    }
  }
}

// @ts-ignore: decorator
@inline
function addRow(to: usize, x: usize, bytes: usize): void {
  let j: usize = 0;
  for (; j + 32 <= bytes; j += 32) {
    v128.store(to + j, f32x4.add(v128.load(to + j), v128.load(x + j)));
    v128.store(to + j, f32x4.add(v128.load(to + j, 16), v128.load(x + j, 16)), 16);
  }
  for (; j + 16 <= bytes; j += 16) v128.store(to + j, f32x4.add(v128.load(to + j), v128.load(x + j)));
  for (; j < bytes; j += 4) store<f32>(to + j, load<f32>(to + j) + load<f32>(x + j));
}

/** The same for int32, modulo 2^32. */
export function i32_segment_sum(p: usize, begin: i32, end: i32, scratch: usize): void {
  const count = load<i32>(p, ROWS);
  const stride = load<u32>(p, WIDTH) << 2;
  const segments = load<u32>(p, SEGMENTS);
  const chunk = load<u32>(p, CHUNK) << 2;
  const ids = <usize>load<u32>(p, IDS);
  for (let item = begin; item < end; item++) {
    const from = <usize>item * chunk;
    const bytes = min<usize>(chunk, stride - from);
    const to = <usize>load<u32>(p, TO) + from;
    let x = <usize>load<u32>(p, X) + from;
    for (let i = 0; i < count; i++) {
      const id = load<u32>(ids + (<usize>i << 2));
      if (id < segments) {
        const row = to + <usize>id * stride;
        for (let j: usize = 0; j < bytes; j += 4) store<i32>(row + j, load<i32>(row + j) + load<i32>(x + j));
      }
      x += stride;
    }
  }
}
