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
const STRETCHES: usize = 28;

/** Work items: stretches of as many columns, each of which looks at its own part of every row. */
export function i32_transpose_csr(p: usize, begin: i32, end: i32, scratch: usize): void {
  const columns = load<i32>(p, COLUMNS);
  const stretches = load<i32>(p, STRETCHES);
  const first = <i32>((<i64>columns * begin) / stretches);
  const past = <i32>((<i64>columns * end) / stretches);
  stretch(p, first, past, past == columns);
}

function stretch(p: usize, first: i32, past: i32, last: bool): void {
  const pointers = <usize>load<u32>(p, POINTERS);
  const indices = <usize>load<u32>(p, INDICES);
  const rows = load<i32>(p, ROWS);
  const starts = <usize>load<u32>(p, ACROSS_POINTERS);
  const across = <usize>load<u32>(p, ACROSS_INDICES);
  const permutation = <usize>load<u32>(p, PERMUTATION);
  memory.fill(starts + (<usize>first << 2), 0, <usize>(past - first) << 2);
  // Each column's count stands one place on, but for the last's, which nobody needs: its place is the next stretch's.
  let before = 0;
  let row = 0;
  for (; row < rows; row++) {
    const at = pointers + (<usize>row << 2);
    let q = load<i32>(at);
    const end = load<i32>(at, 4);
    const from = firstOf(indices, q, end, first);
    before += from - q;
    for (q = from; q < end; q++) {
      const column = load<i32>(indices + (<usize>q << 2)) + 1;
      if (column >= past) {
        if (column > past) break;
        continue;
      }
      const to = starts + (<usize>column << 2);
      store<i32>(to, load<i32>(to) + 1);
    }
  }
  if (first < past) store<i32>(starts + (<usize>first << 2), before);
  for (let column = first + 1; column < past; column++) {
    const to = starts + (<usize>column << 2);
    store<i32>(to, load<i32>(to) + load<i32>(to - 4));
  }
  if (last) store<i32>(starts + (<usize>load<i32>(p, COLUMNS) << 2), load<i32>(pointers + (<usize>rows << 2)));
  for (row = 0; row < rows; row++) {
    const at = pointers + (<usize>row << 2);
    const end = load<i32>(at, 4);
    for (let q = firstOf(indices, load<i32>(at), end, first); q < end; q++) {
      const column = load<i32>(indices + (<usize>q << 2));
      if (column >= past) break;
      const next = starts + (<usize>column << 2);
      const to = load<i32>(next);
      store<i32>(next, to + 1);
      store<i32>(across + (<usize>to << 2), row);
      store<i32>(permutation + (<usize>to << 2), q);
    }
  }
  // Each start has run to its column's end, which is where the next begins.
  for (let column = past - 1; column > first; column--) store<i32>(starts + (<usize>column << 2), load<i32>(starts + (<usize>(column - 1) << 2)));
  if (first < past) store<i32>(starts + (<usize>first << 2), before);
}

/** The first of a row's non-zeros, from q on, in a column from `column` on. */
function firstOf(indices: usize, q: i32, end: i32, column: i32): i32 {
  if (column == 0) return q;
  let low = q;
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (load<i32>(indices + (<usize>middle << 2)) < column) low = middle + 1;
    else high = middle;
  }
  return low;
}
