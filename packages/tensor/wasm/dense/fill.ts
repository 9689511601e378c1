/** b32-fill: one word over a block; a byte repeated four times fills bytes. */

/** Bytes of a work item. */
const ITEM: usize = 65536;

// Parameters, as words.
const TO: usize = 0;
const WORD: usize = 4;
const BYTES: usize = 8;

/** Work items: ITEM bytes. */
export function b32_fill(p: usize, begin: i32, end: i32, scratch: usize): void {
  const start = <usize>load<u32>(p, TO);
  const word = load<i32>(p, WORD);
  const value = i32x4.splat(word);
  let to = start + <usize>begin * ITEM;
  const past = start + min(<usize>end * ITEM, <usize>load<u32>(p, BYTES));
  for (; to + 64 <= past; to += 64) {
    v128.store(to, value);
    v128.store(to, value, 16);
    v128.store(to, value, 32);
    v128.store(to, value, 48);
  }
  for (; to + 4 <= past; to += 4) store<i32>(to, word);
  for (; to < past; to++) store<u8>(to, <u8>word);
}
