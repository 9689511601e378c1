/** b32-fill: one word over a block; a byte repeated four times fills bytes. */
import { fillBytes } from './fill-bytes';

/** Bytes of a work item. */
const ITEM: usize = 65536;

/** Bytes from which on a call of the engine pays. */
const LEAST: usize = 4096;

// Parameters, as words.
const TO: usize = 0;
const WORD: usize = 4;
const BYTES: usize = 8;

/** Work items: ITEM bytes. */
export function b32_fill(p: usize, begin: i32, end: i32, scratch: usize): void {
  const to = <usize>load<u32>(p, TO) + <usize>begin * ITEM;
  const past = <usize>load<u32>(p, TO) + min(<usize>end * ITEM, <usize>load<u32>(p, BYTES));
  const word = load<i32>(p, WORD);
  // The engine's own filling doesn't read what it writes over.
  if (word == rotl(word, 8) && past - to > LEAST) memory.fill(to, <u8>word, past - to);
  else fillBytes(to, past, word);
}
