/** b32-fill: one word over a block; a byte repeated four times fills bytes. */
import { fillBytes } from './fill-bytes';

/** Bytes of a work item. */
const ITEM: usize = 65536;

// Parameters, as words.
const TO: usize = 0;
const WORD: usize = 4;
const BYTES: usize = 8;

/** Work items: ITEM bytes. */
export function b32_fill(p: usize, begin: i32, end: i32, scratch: usize): void {
  const to = <usize>load<u32>(p, TO);
  fillBytes(to + <usize>begin * ITEM, to + min(<usize>end * ITEM, <usize>load<u32>(p, BYTES)), load<i32>(p, WORD));
}
