/** Lays out panels of a right operand that is stored in 16 bits, as gemm-pack does one of float32. */
import { packTransposedColumns } from './gemm-pack';
import { COLUMNS } from './gemm-tile';
import { widenRows, WIDEN_CONSTANT_BYTES, writeWidenConstants } from './widen-rows';

/** Scratch for it: constants, then the columns of a panel of most steps. */
export const PACK_HALF_BYTES: usize = 40 * 1024;

/** Panels of B whose rows lie across; `stride` in bytes. Missing columns are whatever stands there. */
export function packHalfColumns(b: usize, stride: usize, width: i32, count: i32, steps: i32, to: usize, stored: i32, scratch: usize): void {
  writeWidenConstants(scratch);
  for (let left = width; count > 0; count--) {
    widenRows(b, stride, steps, min(COLUMNS, left), to, COLUMNS << 2, stored, scratch);
    b += COLUMNS << 1;
    to += <usize>(steps * COLUMNS) << 2;
    left -= COLUMNS;
  }
}

/** Panels of B whose columns lie along k. Columns past the last repeat it; what they give is never stored. */
export function packHalfTransposedColumns(b: usize, stride: usize, column: i32, n: i32, count: i32, steps: i32, to: usize, stored: i32, scratch: usize): void {
  writeWidenConstants(scratch);
  const columns = scratch + ((WIDEN_CONSTANT_BYTES + 63) & ~63);
  // A line more than a column takes, so that they don't evict each other.
  const pitch = <usize>(steps + 16) << 2;
  for (; count > 0; count--) {
    const there = min(COLUMNS, n - column);
    widenRows(b + <usize>column * stride, stride, there, steps, columns, pitch, stored, scratch);
    packTransposedColumns(columns, pitch, 0, there, 1, steps, to);
    to += <usize>(steps * COLUMNS) << 2;
    column += COLUMNS;
  }
}
