/**
 * The layout in which the sparse products work: blocks of BLOCK examples, and in a block the examples' values of one
 * feature side by side, [block][feature][example]. The last block is as wide as its examples need, in steps of 8, the
 * rest 0. So what a non-zero weight multiplies is one run of memory.
 */
export const BLOCK: i32 = 64;
/** Rows that are worked on together: their values of an example fill two lines of memory. */
export const GROUP: i32 = 32;

/** Examples that block `block` has room for. */
// @ts-ignore: decorator
@inline
export function blockWidth(block: i32, batch: i32): i32 {
  return min(BLOCK, (batch - block * BLOCK + 7) & -8);
}

/** Address of a block of a matrix of so many features. */
// @ts-ignore: decorator
@inline
export function blockAt(blocks: usize, block: i32, features: i32): usize {
  return blocks + ((<usize>(block * BLOCK) * <usize>features) << 2);
}

/**
 * First row of a slice of a sparse matrix, all `slices` of which have about as many non-zeros and rows together.
 * A multiple of `together`, but for the last slice's end.
 */
export function sliceStart(pointers: usize, rows: i32, slice: i32, slices: i32, together: i32 = GROUP): i32 {
  if (slice >= slices) return rows;
  const whole = <i64>load<i32>(pointers + (<usize>rows << 2)) + <i64>rows;
  const wanted = (whole * <i64>slice) / <i64>slices;
  let low = 0;
  let high = rows;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (<i64>load<i32>(pointers + (<usize>middle << 2)) + <i64>middle < wanted) low = middle + 1;
    else high = middle;
  }
  return low - (low % together);
}

/** Sets the places of examples that the batch hasn't to 0. */
export function clearBeyond(to: usize, rows: i32, width: i32, columns: i32): void {
  for (let c = 0; c < columns; c++) {
    for (let r = rows; r < width; r++) store<f32>(to + (<usize>(c * width + r) << 2), 0);
  }
}
