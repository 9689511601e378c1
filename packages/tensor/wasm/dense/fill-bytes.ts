/** Writes one word over the bytes from `to` to `past`; what is left at the end gets its lowest byte. */
export function fillBytes(to: usize, past: usize, word: i32): void {
  const value = i32x4.splat(word);
  for (; to + 64 <= past; to += 64) {
    v128.store(to, value);
    v128.store(to, value, 16);
    v128.store(to, value, 32);
    v128.store(to, value, 48);
  }
  for (; to + 4 <= past; to += 4) store<i32>(to, word);
  for (; to < past; to++) store<u8>(to, <u8>word);
}
