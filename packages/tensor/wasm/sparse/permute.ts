/** f32-gather and f32-scatter: values between the order of a sparse matrix's rows and that of its columns. */

// Parameters, as words.
const PERMUTATION: usize = 0;
const FROM: usize = 4;
const TO: usize = 8;
const COUNT: usize = 12;

/** Values of a work item. */
const ITEM: i32 = 4096;

/** to[i] = from[permutation[i]]. Work items: ITEM values. */
export function f32_gather(p: usize, begin: i32, end: i32, scratch: usize): void {
  const from = load<u32>(p, FROM);
  const first = <usize>(begin * ITEM) << 2;
  let at = load<u32>(p, PERMUTATION) + first;
  let to = load<u32>(p, TO) + first;
  const past = at + (<usize>(min(end * ITEM, load<i32>(p, COUNT)) - begin * ITEM) << 2);
  for (; at + 16 <= past; at += 16) {
    let v = v128.load32_zero(from + (<usize>load<u32>(at) << 2));
    v = v128.load32_lane(from + (<usize>load<u32>(at, 4) << 2), v, 1);
    v = v128.load32_lane(from + (<usize>load<u32>(at, 8) << 2), v, 2);
    v = v128.load32_lane(from + (<usize>load<u32>(at, 12) << 2), v, 3);
    v128.store(to, v);
    to += 16;
  }
  for (; at < past; at += 4) {
    store<f32>(to, load<f32>(from + (<usize>load<u32>(at) << 2)));
    to += 4;
  }
}

/** to[permutation[i]] = from[i]. Work items: ITEM values. */
export function f32_scatter(p: usize, begin: i32, end: i32, scratch: usize): void {
  const to = load<u32>(p, TO);
  const first = <usize>(begin * ITEM) << 2;
  let at = load<u32>(p, PERMUTATION) + first;
  let from = load<u32>(p, FROM) + first;
  const past = at + (<usize>(min(end * ITEM, load<i32>(p, COUNT)) - begin * ITEM) << 2);
  for (; at + 16 <= past; at += 16) {
    store<f32>(to + (<usize>load<u32>(at) << 2), load<f32>(from));
    store<f32>(to + (<usize>load<u32>(at, 4) << 2), load<f32>(from, 4));
    store<f32>(to + (<usize>load<u32>(at, 8) << 2), load<f32>(from, 8));
    store<f32>(to + (<usize>load<u32>(at, 12) << 2), load<f32>(from, 12));
    from += 16;
  }
  for (; at < past; at += 4) {
    store<f32>(to + (<usize>load<u32>(at) << 2), load<f32>(from));
    from += 4;
  }
}
