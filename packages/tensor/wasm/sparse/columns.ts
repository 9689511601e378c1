/** f64-column-squares: the sum of squares of each column of a row-major matrix; f32-take-columns: some of its columns, side by side. */

// Parameters, as words.
const FROM: usize = 0;
const ROWS: usize = 4;
const COLUMNS: usize = 8;
const TO: usize = 12;
// Of f32-take-columns besides: which columns, i32[count].
const LIST: usize = 16;
const COUNT: usize = 20;

/** Columns of a work item: a line of memory. */
const ITEM: i32 = 16;

/** to[c] = the sum over rows r of from[r][c]², f64, in which no square of a float vanishes or grows too large. Work items: ITEM columns. */
export function f64_column_squares(p: usize, begin: i32, end: i32, scratch: usize): void {
  const columns = load<i32>(p, COLUMNS);
  const stride = <usize>columns << 2;
  const past = min(end * ITEM, columns);
  for (let first = begin * ITEM; first < past; first += ITEM) {
    const count = <usize>min(ITEM, past - first);
    const to = <usize>load<u32>(p, TO) + (<usize>first << 3);
    memory.fill(to, 0, count << 3);
    let from = <usize>load<u32>(p, FROM) + (<usize>first << 2);
    for (let row = load<i32>(p, ROWS); row > 0; row--) {
      let c: usize = 0;
      for (; c + 2 <= count; c += 2) {
        const v = f64x2.promote_low_f32x4(v128.load64_zero(from + (c << 2)));
        const sum = to + (c << 3);
        v128.store(sum, f64x2.add(v128.load(sum), f64x2.mul(v, v)));
      }
      if (c < count) {
        const v = <f64>load<f32>(from + (c << 2));
        const sum = to + (c << 3);
        store<f64>(sum, load<f64>(sum) + v * v);
      }
      from += stride;
    }
  }
}

/** to[r][i] = from[r][list[i]]. Work items: rows. */
export function f32_take_columns(p: usize, begin: i32, end: i32, scratch: usize): void {
  const list = <usize>load<u32>(p, LIST);
  const bytes = <usize>load<u32>(p, COUNT) << 2;
  const stride = <usize>load<u32>(p, COLUMNS) << 2;
  for (let row = <usize>begin; row < <usize>end; row++) {
    const from = <usize>load<u32>(p, FROM) + row * stride;
    const to = <usize>load<u32>(p, TO) + row * bytes;
    for (let i: usize = 0; i < bytes; i += 4) store<f32>(to + i, load<f32>(from + (<usize>load<u32>(list + i) << 2)));
  }
}
