/** Values at numbered places. */

/** The values of `from` that the numbers from `at` to `past` name. */
export function gatherValues(at: usize, past: usize, from: usize, to: usize): void {
  for (; at + 16 <= past; at += 16) {
    v128.store(to, four(at, from));
    to += 16;
  }
  for (; at < past; at += 4) {
    store<f32>(to, load<f32>(from + (<usize>load<u32>(at) << 2)));
    to += 4;
  }
}

/** The next four of them. */
// @ts-ignore: decorator
@inline
export function four(at: usize, from: usize): v128 {
  let v = v128.load32_zero(from + (<usize>load<u32>(at) << 2));
  v = v128.load32_lane(from + (<usize>load<u32>(at, 4) << 2), v, 1);
  v = v128.load32_lane(from + (<usize>load<u32>(at, 8) << 2), v, 2);
  return v128.load32_lane(from + (<usize>load<u32>(at, 12) << 2), v, 3);
}
