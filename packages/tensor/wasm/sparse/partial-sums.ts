/** Products of two runs of examples, kept as 8 partial sums a non-zero until all examples are done. */

/** Non-zeros whose partial sums are kept at once, as bytes of their values. */
export const CHUNK: usize = 1024 << 2;
/** Bytes of a non-zero's partial sums for each byte of its value. */
const SUMS: usize = 8;
/** Room for the partial sums of a chunk. */
export const SUMS_BYTES: usize = CHUNK * SUMS;

/** Each non-zero's partial sums added up, into `bytes` of values, or to what is there. */
export function addUp(sums: usize, to: usize, bytes: usize, add: bool): void {
  const past = to + bytes;
  for (; to + 16 <= past; to += 16) {
    let t = fourTotals(sums);
    if (add) t = f32x4.add(t, v128.load(to));
    v128.store(to, t);
    sums += 16 * SUMS;
  }
  for (; to < past; to += 4) {
    const t = total(sums);
    store<f32>(to, add ? load<f32>(to) + t : t);
    sums += 4 * SUMS;
  }
}

/** Likewise to the places among the values that the numbers from `at` to `past` name. */
export function addUpTo(sums: usize, at: usize, past: usize, values: usize, add: bool): void {
  for (; at + 16 <= past; at += 16) {
    const t = fourTotals(sums);
    put(values + (<usize>load<u32>(at) << 2), f32x4.extract_lane(t, 0), add);
    put(values + (<usize>load<u32>(at, 4) << 2), f32x4.extract_lane(t, 1), add);
    put(values + (<usize>load<u32>(at, 8) << 2), f32x4.extract_lane(t, 2), add);
    put(values + (<usize>load<u32>(at, 12) << 2), f32x4.extract_lane(t, 3), add);
    sums += 16 * SUMS;
  }
  for (; at < past; at += 4) {
    put(values + (<usize>load<u32>(at) << 2), total(sums), add);
    sums += 4 * SUMS;
  }
}

// @ts-ignore: decorator
@inline
function put(to: usize, value: f32, add: bool): void {
  store<f32>(to, add ? load<f32>(to) + value : value);
}

/** The totals of four non-zeros. */
// @ts-ignore: decorator
@inline
function fourTotals(sums: usize): v128 {
  return totals(
    f32x4.add(v128.load(sums), v128.load(sums, 16)),
    f32x4.add(v128.load(sums, 32), v128.load(sums, 48)),
    f32x4.add(v128.load(sums, 64), v128.load(sums, 80)),
    f32x4.add(v128.load(sums, 96), v128.load(sums, 112)),
  );
}

// @ts-ignore: decorator
@inline
function total(sums: usize): f32 {
  const t = f32x4.add(v128.load(sums), v128.load(sums, 16));
  return f32x4.extract_lane(t, 0) + f32x4.extract_lane(t, 1) + (f32x4.extract_lane(t, 2) + f32x4.extract_lane(t, 3));
}

/** The sums of four vectors' lanes, as one vector. */
// @ts-ignore: decorator
@inline
function totals(s0: v128, s1: v128, s2: v128, s3: v128): v128 {
  const low = f32x4.add(i32x4.shuffle(s0, s1, 0, 4, 1, 5), i32x4.shuffle(s0, s1, 2, 6, 3, 7));
  const high = f32x4.add(i32x4.shuffle(s2, s3, 0, 4, 1, 5), i32x4.shuffle(s2, s3, 2, 6, 3, 7));
  return f32x4.add(i64x2.shuffle(low, high, 0, 2), i64x2.shuffle(low, high, 1, 3));
}
