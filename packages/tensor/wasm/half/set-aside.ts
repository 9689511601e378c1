/** Puts the subnormal numbers, infinities and NaN of a float16 matrix on a list, and 0 in their place. */
import { entriesOf, STARTS } from './aside-list';

// Parameters, as words.
const W: usize = 0;
const LIST: usize = 4;
const ROWS: usize = 8;
const COLUMNS: usize = 12;
/** 0 to write each row's count where its end will be, 1 to move the codes to the list. */
const MOVE: usize = 16;

// @ts-ignore: decorator
@inline
function isAside(code: u32): bool {
  const size = code & 0x7fff;
  return (size != 0 && size < 0x400) || size >= 0x7c00;
}

/** Work items: rows. */
export function f16_set_aside(p: usize, begin: i32, end: i32, scratch: usize): void {
  const columns = load<i32>(p, COLUMNS);
  const list = <usize>load<u32>(p, LIST);
  const move = load<i32>(p, MOVE) != 0;
  const bytes = <usize>columns << 1;
  const size = i16x8.splat(0x7fff);
  const one = i16x8.splat(1);
  // Of a size less 1, which is the greatest number where it was 0.
  const subnormal = i16x8.splat(0x3ff);
  const finite = i16x8.splat(0x7bff);
  for (let i = begin; i < end; i++) {
    const row = <usize>load<u32>(p, W) + <usize>i * bytes;
    const start = list + STARTS + (<usize>i << 2);
    let to = move ? entriesOf(list, load<i32>(p, ROWS)) + (<usize>load<u32>(start) << 3) : 0;
    let count = 0;
    for (let j: usize = 0; j < bytes; ) {
      if (j + 16 <= bytes) {
        const codes = v128.and(v128.load(row + j), size);
        const there = v128.or(i16x8.lt_u(i16x8.sub(codes, one), subnormal), i16x8.gt_u(codes, finite));
        if (!v128.any_true(there)) {
          j += 16;
          continue;
        }
      }
      for (const past = min(j + 16, bytes); j < past; j += 2) {
        const code = <u32>load<u16>(row + j);
        if (!isAside(code)) continue;
        count++;
        if (!move) continue;
        store<u32>(to, <u32>(j >> 1));
        store<u32>(to, code, 4);
        store<u16>(row + j, 0);
        to += 8;
      }
    }
    if (!move) store<i32>(start, count, 4);
  }
}
