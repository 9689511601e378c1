/**
 * f32-active-rows: Y = X·W for few examples X [batch, rows] of which many elements are 0: only the rows of W [rows, columns]
 * whose element isn't 0 are read. For so few examples reading W is what takes the time.
 */
import { madd } from '../simd/madd';

// Parameters, as words.
const X: usize = 0;
const W: usize = 4;
const Y: usize = 8;
const BATCH: usize = 12;
const ROWS: usize = 16;
const COLUMNS: usize = 20;
/** Address of a value a column, or 0. */
const BIAS: usize = 24;
/** i32[batch, rows]: the numbers of each example's elements that aren't 0, see f32_active_list. */
const LIST: usize = 28;
/** i32[batch]: how many they are. */
const COUNTS: usize = 32;

/** Columns of a work item. */
const ITEM: i32 = 64;

/** Work items: examples. */
export function f32_active_list(p: usize, begin: i32, end: i32, scratch: usize): void {
  const rows = load<i32>(p, ROWS);
  for (let example = begin; example < end; example++) {
    const offset = <usize>(example * rows) << 2;
    const x = <usize>load<u32>(p, X) + offset;
    const list = <usize>load<u32>(p, LIST) + offset;
    let to = list;
    for (let row = 0; row < rows; row++) {
      store<i32>(to, row);
      // NaN isn't 0 either.
      to += load<f32>(x + (<usize>row << 2)) != 0 ? 4 : 0;
    }
    store<i32>(<usize>load<u32>(p, COUNTS) + (<usize>example << 2), <i32>((to - list) >> 2));
  }
}

/** Work items: runs of ITEM columns, example after example. */
export function f32_active_rows(p: usize, begin: i32, end: i32, scratch: usize): void {
  const columns = load<i32>(p, COLUMNS);
  const rows = load<i32>(p, ROWS);
  const runs = (columns + ITEM - 1) / ITEM;
  const stride = <usize>columns << 2;
  const bias = <usize>load<u32>(p, BIAS);
  for (let item = begin; item < end; item++) {
    const example = item / runs;
    const column = (item - example * runs) * ITEM;
    const at = <usize>column << 2;
    const list = <usize>load<u32>(p, LIST) + (<usize>(example * rows) << 2);
    const past = list + (<usize>load<u32>(<usize>load<u32>(p, COUNTS) + (<usize>example << 2)) << 2);
    const x = <usize>load<u32>(p, X) + (<usize>(example * rows) << 2);
    const w = <usize>load<u32>(p, W) + at;
    const y = <usize>load<u32>(p, Y) + <usize>example * stride + at;
    const count = min(ITEM, columns - column);
    let c: usize = 0;
    if (count == ITEM) run(list, past, x, w, stride, bias != 0 ? bias + at : 0, y);
    else {
      for (; c + 4 <= <usize>count; c += 4) {
        let sum = bias != 0 ? v128.load(bias + at + (c << 2)) : f32x4.splat(0);
        for (let l = list; l < past; l += 4) sum = madd(v128.load(w + (c << 2) + <usize>load<u32>(l) * stride), v128.load32_splat(x + (<usize>load<u32>(l) << 2)), sum);
        v128.store(y + (c << 2), sum);
      }
      for (; c < <usize>count; c++) {
        let sum: f32 = bias != 0 ? load<f32>(bias + at + (c << 2)) : 0;
        for (let l = list; l < past; l += 4) sum += load<f32>(w + (c << 2) + <usize>load<u32>(l) * stride) * load<f32>(x + (<usize>load<u32>(l) << 2));
        store<f32>(y + (c << 2), sum);
      }
    }
  }
}

/** ITEM columns at once. */
function run(list: usize, past: usize, x: usize, w: usize, stride: usize, bias: usize, y: usize): void {
  for (let half: usize = 0; half < 256; half += 128) {
    let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0;
    if (bias != 0) {
      const from = bias + half;
      c0 = v128.load(from);
      c1 = v128.load(from, 16);
      c2 = v128.load(from, 32);
      c3 = v128.load(from, 48);
      c4 = v128.load(from, 64);
      c5 = v128.load(from, 80);
      c6 = v128.load(from, 96);
      c7 = v128.load(from, 112);
    }
    for (let l = list; l < past; l += 4) {
      const from = w + half + <usize>load<u32>(l) * stride;
      const a = v128.load32_splat(x + (<usize>load<u32>(l) << 2));
      c0 = madd(v128.load(from), a, c0);
      c1 = madd(v128.load(from, 16), a, c1);
      c2 = madd(v128.load(from, 32), a, c2);
      c3 = madd(v128.load(from, 48), a, c3);
      c4 = madd(v128.load(from, 64), a, c4);
      c5 = madd(v128.load(from, 80), a, c5);
      c6 = madd(v128.load(from, 96), a, c6);
      c7 = madd(v128.load(from, 112), a, c7);
    }
    const to = y + half;
    v128.store(to, c0);
    v128.store(to, c1, 16);
    v128.store(to, c2, 32);
    v128.store(to, c3, 48);
    v128.store(to, c4, 64);
    v128.store(to, c5, 80);
    v128.store(to, c6, 96);
    v128.store(to, c7, 112);
  }
}
