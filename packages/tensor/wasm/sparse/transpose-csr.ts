/** i32-transpose-csr: a sparse matrix's columns as compressed rows, and for each non-zero there its number in the rows: a counting sort. */

// Parameters, as words.
const POINTERS: usize = 0;
const INDICES: usize = 4;
const ROWS: usize = 8;
const COLUMNS: usize = 12;
/** i32[columns + 1] */
const ACROSS_POINTERS: usize = 16;
const ACROSS_INDICES: usize = 20;
const PERMUTATION: usize = 24;

/** One work item. */
export function i32_transpose_csr(p: usize, begin: i32, end: i32, scratch: usize): void {
  const pointers = <usize>load<u32>(p, POINTERS);
  const indices = <usize>load<u32>(p, INDICES);
  const rows = load<i32>(p, ROWS);
  const columns = load<i32>(p, COLUMNS);
  const starts = <usize>load<u32>(p, ACROSS_POINTERS);
  const across = <usize>load<u32>(p, ACROSS_INDICES);
  const permutation = <usize>load<u32>(p, PERMUTATION);
  const nonZeros = load<i32>(pointers + (<usize>rows << 2));
  for (let c = 0; c <= columns; c++) store<i32>(starts + (<usize>c << 2), 0);
  // Two places on, so that after the sums each start stands one place on, where it then runs to the column's end.
  for (let q = 0; q < nonZeros; q++) {
    const column = load<i32>(indices + (<usize>q << 2));
    if (column + 2 > columns) continue;
    const at = starts + (<usize>(column + 2) << 2);
    store<i32>(at, load<i32>(at) + 1);
  }
  for (let c = 2; c <= columns; c++) {
    const at = starts + (<usize>c << 2);
    store<i32>(at, load<i32>(at) + load<i32>(at - 4));
  }
  let q = 0;
  for (let row = 0; row < rows; row++) {
    const past = load<i32>(pointers + (<usize>(row + 1) << 2));
    for (; q < past; q++) {
      const next = starts + (<usize>(load<i32>(indices + (<usize>q << 2)) + 1) << 2);
      const at = load<i32>(next);
      store<i32>(next, at + 1);
      store<i32>(across + (<usize>at << 2), row);
      store<i32>(permutation + (<usize>at << 2), q);
    }
  }
}
