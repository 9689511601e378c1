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
    const at = <usize>load<u32>(p, FROM) + (<usize>first << 2);
    const end = at + <usize>load<i32>(p, ROWS) * stride;
    let c: usize = 0;
    if (count == <usize>ITEM) {
      const none = f64x2.splat(0);
      let s0 = none, s1 = none, s2 = none, s3 = none, s4 = none, s5 = none, s6 = none, s7 = none;
      for (let from = at; from < end; from += stride) {
        s0 = plusSquares(s0, from);
        s1 = plusSquares(s1, from + 8);
        s2 = plusSquares(s2, from + 16);
        s3 = plusSquares(s3, from + 24);
        s4 = plusSquares(s4, from + 32);
        s5 = plusSquares(s5, from + 40);
        s6 = plusSquares(s6, from + 48);
        s7 = plusSquares(s7, from + 56);
      }
      v128.store(to, s0);
      v128.store(to, s1, 16);
      v128.store(to, s2, 32);
      v128.store(to, s3, 48);
      v128.store(to, s4, 64);
      v128.store(to, s5, 80);
      v128.store(to, s6, 96);
      v128.store(to, s7, 112);
      continue;
    }
    for (; c < count; c++) {
      let sum: f64 = 0;
      for (let from = at + (c << 2); from < end; from += stride) {
        const v = <f64>load<f32>(from);
        sum += v * v;
      }
      store<f64>(to + (c << 3), sum);
    }
  }
}

// @ts-ignore: decorator
@inline
function plusSquares(sum: v128, from: usize): v128 {
  const v = f64x2.promote_low_f32x4(v128.load64_zero(from));
  return f64x2.add(sum, f64x2.mul(v, v));
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
