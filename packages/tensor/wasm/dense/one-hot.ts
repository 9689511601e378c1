/** one-hot: rows of one value but for another one at an index, of elements of 4 bytes or of 1. */
import { fillBytes } from './fill-bytes';

/** Bytes of rows that are filled before the indices are looked at. */
const BLOCK: i32 = 8192;

// Parameters, as words.
const INDICES: usize = 0;
const TO: usize = 4;
const DEPTH: usize = 8;
/** Logarithm of the bytes of an element. */
const SHIFT: usize = 12;
/** An element each, one of a byte repeated four times. */
const ON: usize = 16;
const OFF: usize = 20;

/** Work items: rows. An index that isn't one of DEPTH leaves its row as the others are. */
export function one_hot(p: usize, begin: i32, end: i32, scratch: usize): void {
  const depth = load<u32>(p, DEPTH);
  const shift = load<u32>(p, SHIFT);
  const on = load<i32>(p, ON);
  const row = <usize>depth << shift;
  const block = max(1, BLOCK / <i32>row);
  let to = <usize>load<u32>(p, TO) + <usize>begin * row;
  let at = <usize>load<u32>(p, INDICES) + (<usize>begin << 2);
  while (begin < end) {
    const rows = min(block, end - begin);
    fillBytes(to, to + <usize>rows * row, load<i32>(p, OFF));
    for (let i = 0; i < rows; i++) {
      const index = load<u32>(at);
      if (index < depth) {
        if (shift == 0) store<u8>(to + index, <u8>on);
        else store<i32>(to + (<usize>index << 2), on);
      }
      at += 4;
      to += row;
    }
    begin += rows;
  }
}
