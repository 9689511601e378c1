/**
 * b32-transpose: a batch of two-dimensional transposes of 4-byte elements with any strides.
 *
 * Blocks of 16 x 16 go by way of the scratch, so that each cache line of the input is read and each of the output is
 * written at once, also where rows lie a power of two apart and evict each other.
 */

/** Rows and columns of a block. */
const BLOCK: i32 = 16;
/** Columns of a work item. */
const SPAN: i32 = 256;

// Parameters, as words; strides in elements.
const X: usize = 0;
const TO: usize = 4;
/** Rows lie ROW_STRIDE apart in the input and next to each other in the output; columns the other way round. */
const ROWS: usize = 8;
const COLUMNS: usize = 12;
const ROW_STRIDE: usize = 16;
const COLUMN_STRIDE: usize = 20;
/** Axes of the batch, at most 4: sizes, strides in the input and in the output. */
const RANK: usize = 24;
const SIZES: usize = 28;
const STRIDES_IN: usize = 44;
const STRIDES_OUT: usize = 60;

/** Work items: batch times bands of BLOCK rows times spans of SPAN columns. */
export function b32_transpose(p: usize, begin: i32, end: i32, scratch: usize): void {
  const rows = load<i32>(p, ROWS);
  const columns = load<i32>(p, COLUMNS);
  const bands = (rows + BLOCK - 1) / BLOCK;
  const spans = (columns + SPAN - 1) / SPAN;
  const rowBytes = <usize>load<u32>(p, ROW_STRIDE) << 2;
  const columnBytes = <usize>load<u32>(p, COLUMN_STRIDE) << 2;
  for (let item = begin; item < end; item++) {
    const line = item / spans;
    const first = (item - line * spans) * SPAN;
    let rest = line / bands;
    const row = (line - rest * bands) * BLOCK;
    let x = <usize>load<u32>(p, X) + <usize>row * rowBytes;
    let to = <usize>load<u32>(p, TO) + (<usize>row << 2);
    for (let axis = (<usize>load<i32>(p, RANK)) << 2; axis != 0; ) {
      axis -= 4;
      const size = load<i32>(p + axis, SIZES);
      const up = rest / size;
      const at = <usize>(rest - up * size);
      x += (at * load<u32>(p + axis, STRIDES_IN)) << 2;
      to += (at * load<u32>(p + axis, STRIDES_OUT)) << 2;
      rest = up;
    }
    const height = min(BLOCK, rows - row);
    const past = min(first + SPAN, columns);
    for (let column = first; column < past; column += BLOCK) {
      const width = min(BLOCK, past - column);
      const from = x + (<usize>column << 2);
      const out = to + <usize>column * columnBytes;
      if (height == BLOCK && width == BLOCK) block(from, rowBytes, out, columnBytes, scratch);
      else part(from, rowBytes, out, columnBytes, height, width);
    }
  }
}

function block(x: usize, rowBytes: usize, to: usize, columnBytes: usize, scratch: usize): void {
  for (let band: usize = 0; band < 64; band += 16) {
    const x1 = x + rowBytes;
    const x2 = x1 + rowBytes;
    const x3 = x2 + rowBytes;
    let s = scratch + band;
    for (let j: usize = 0; j < 64; j += 16) {
      const a = v128.load(x + j);
      const b = v128.load(x1 + j);
      const c = v128.load(x2 + j);
      const d = v128.load(x3 + j);
      const ab = i32x4.shuffle(a, b, 0, 4, 1, 5);
      const cd = i32x4.shuffle(c, d, 0, 4, 1, 5);
      const ab2 = i32x4.shuffle(a, b, 2, 6, 3, 7);
      const cd2 = i32x4.shuffle(c, d, 2, 6, 3, 7);
      v128.store(s, i64x2.shuffle(ab, cd, 0, 2));
      v128.store(s, i64x2.shuffle(ab, cd, 1, 3), 64);
      v128.store(s, i64x2.shuffle(ab2, cd2, 0, 2), 128);
      v128.store(s, i64x2.shuffle(ab2, cd2, 1, 3), 192);
      s += 256;
    }
    x = x3 + rowBytes;
  }
  for (const past = scratch + 1024; scratch < past; scratch += 64) {
    const a = v128.load(scratch);
    const b = v128.load(scratch, 16);
    const c = v128.load(scratch, 32);
    const d = v128.load(scratch, 48);
    v128.store(to, a);
    v128.store(to, b, 16);
    v128.store(to, c, 32);
    v128.store(to, d, 48);
    to += columnBytes;
  }
}

/** A block at an edge. */
function part(x: usize, rowBytes: usize, to: usize, columnBytes: usize, height: i32, width: i32): void {
  for (let j = 0; j < width; j++) {
    let from = x + (<usize>j << 2);
    for (let i: usize = 0; i < <usize>height << 2; i += 4) {
      store<u32>(to + i, load<u32>(from));
      from += rowBytes;
    }
    to += columnBytes;
  }
}
