/** Four rows of a row of blocks, or one: its columns as a list, their weights side by side, and gradients back to where these come from. */

/** Columns that are worked on together, a multiple of 4: few enough that what they name of a block of examples stays in the first-level cache. */
export const CHUNK: i32 = 128;
/** Bytes of a list. */
export const LIST: usize = (<usize>CHUNK) << 2;

/** The `count` numbers first, first + step, ... */
// @ts-ignore: decorator
@inline
export function listFrom(first: i32, step: i32, count: i32, to: usize): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const at = first + i * step;
    v128.store(to + (<usize>i << 2), i32x4.add(i32x4.splat(at), i32x4.mul(i32x4.splat(step), i32x4(0, 1, 2, 3))));
  }
  for (; i < count; i++) store<i32>(to + (<usize>i << 2), first + i * step);
}

/**
 * The weights of `count` columns for four rows, those of a column side by side. At `values` is the first row's in the first column; they
 * are `down` bytes apart from row to row and `along` from column to column.
 */
export function packFour(values: usize, down: usize, along: usize, count: i32, weights: usize): void {
  const past = weights + ((<usize>count) << 4);
  if (down == 4) {
    for (; weights < past; weights += 16) {
      v128.store(weights, v128.load(values));
      values += along;
    }
    return;
  }
  for (; weights < past; weights += 16) {
    for (let r: usize = 0; r < 4; r++) store<f32>(weights + (r << 2), load<f32>(values + r * down));
    values += along;
  }
}

/** Likewise for one row. */
export function packOne(values: usize, along: usize, count: i32, weights: usize): void {
  const past = weights + ((<usize>count) << 2);
  if (along == 4) {
    for (; weights + 16 <= past; weights += 16) {
      v128.store(weights, v128.load(values));
      values += 16;
    }
  }
  for (; weights < past; weights += 4) {
    store<f32>(weights, load<f32>(values));
    values += along;
  }
}

/** The sums of four rows a column, in two parts, put, or added, to the column's place. */
export function unpackFour(sums: usize, places: usize, past: usize, values: usize, down: usize, add: bool): void {
  for (; places < past; places += 4) {
    const to = values + <usize>load<u32>(places);
    let t = lanes(sums);
    sums += 32;
    if (down == 4) {
      if (add) t = f32x4.add(t, v128.load(to));
      v128.store(to, t);
    } else {
      if (add) {
        let old = v128.load32_zero(to);
        old = v128.load32_lane(to + down, old, 1);
        old = v128.load32_lane(to + down * 2, old, 2);
        t = f32x4.add(t, v128.load32_lane(to + down * 3, old, 3));
      }
      v128.store32_lane(to, t, 0);
      v128.store32_lane(to + down, t, 1);
      v128.store32_lane(to + down * 2, t, 2);
      v128.store32_lane(to + down * 3, t, 3);
    }
  }
}

/** Likewise of one row. */
export function unpackOne(sums: usize, places: usize, past: usize, values: usize, add: bool): void {
  for (; places < past; places += 4) {
    const to = values + <usize>load<u32>(places);
    const t = lanes(sums);
    const sum = f32x4.extract_lane(t, 0) + f32x4.extract_lane(t, 1) + (f32x4.extract_lane(t, 2) + f32x4.extract_lane(t, 3));
    store<f32>(to, add ? load<f32>(to) + sum : sum);
    sums += 32;
  }
}

// @ts-ignore: decorator
@inline
function lanes(sums: usize): v128 {
  return f32x4.add(v128.load(sums), v128.load(sums, 16));
}
