/**
 * The list of what is set aside of a float16 matrix, in words: whether a factor was too large for what was left; where each row's entries
 * begin, and where the last one's end; then entries, of a column and a code.
 */
import { widenFloat16 } from '../simd/half';

/** Where the rows' beginnings are. */
export const STARTS: usize = 4;

// @ts-ignore: decorator
@inline
export function entriesOf(list: usize, rows: i32): usize {
  return list + STARTS + (<usize>(rows + 1) << 2);
}

/** to[j - first] += row i's entries of column j, first <= j < past, times x[i - row], of some rows. */
export function addAside(list: usize, all: i32, row: i32, rows: i32, first: i32, past: i32, x: usize, to: usize, k: usize): void {
  const entries = entriesOf(list, all);
  let at = list + STARTS + (<usize>row << 2);
  for (; rows > 0; rows--) {
    const factor = load<f32>(x);
    const end = entries + (<usize>load<u32>(at, 4) << 3);
    for (let e = entries + (<usize>load<u32>(at) << 3); e < end; e += 8) {
      const column = load<i32>(e);
      if (column < first || column >= past) continue;
      const sum = to + (<usize>(column - first) << 2);
      store<f32>(sum, load<f32>(sum) + valueOf(e, k) * factor);
    }
    at += 4;
    x += 4;
  }
}

/** The sum of row i's entries times x. */
export function dotAside(list: usize, all: i32, row: i32, x: usize, k: usize): f32 {
  const entries = entriesOf(list, all);
  const at = list + STARTS + (<usize>row << 2);
  const end = entries + (<usize>load<u32>(at, 4) << 3);
  let sum: f32 = 0;
  for (let e = entries + (<usize>load<u32>(at) << 3); e < end; e += 8) sum += valueOf(e, k) * load<f32>(x + (<usize>load<u32>(e) << 2));
  return sum;
}

// @ts-ignore: decorator
@inline
function valueOf(entry: usize, k: usize): f32 {
  return f32x4.extract_lane(widenFloat16(v128.load32_splat(entry, 4), k), 0);
}
