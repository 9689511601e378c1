/** Copies a few bytes, from one to a few hundred: a call of memory.copy takes longer than that. Nothing beyond them is read or written. */
// @ts-ignore: decorator
@inline
export function copyBytes(to: usize, from: usize, count: usize): void {
  if (count >= 16) {
    const last = count - 16;
    for (let k: usize = 0; k < last; k += 16) v128.store(to + k, v128.load(from + k));
    v128.store(to + last, v128.load(from + last));
  } else if (count >= 8) {
    const first = load<u64>(from);
    store<u64>(to + count - 8, load<u64>(from + count - 8));
    store<u64>(to, first);
  } else if (count >= 4) {
    const first = load<u32>(from);
    store<u32>(to + count - 4, load<u32>(from + count - 4));
    store<u32>(to, first);
  } else {
    for (let k: usize = 0; k < count; k++) store<u8>(to + k, load<u8>(from + k));
  }
}

/** Fills a few bytes. */
// @ts-ignore: decorator
@inline
export function fillBytes(to: usize, value: u8, count: usize): void {
  const all = i8x16.splat(value);
  let k: usize = 0;
  for (; k + 16 <= count; k += 16) v128.store(to + k, all);
  for (; k < count; k++) store<u8>(to + k, value);
}
