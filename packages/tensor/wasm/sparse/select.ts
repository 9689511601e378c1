/**
 * The k largest of many values in time of their number, by counting runs of their bits (a radix selection):
 * f32-keep-largest flags them, f32-largest moves them and their positions to the front, both in the order they have, and
 * f32-kth-largest tells the least of their sizes.
 */

// Parameters of all, as words.
const VALUES: usize = 0;
const COUNT: usize = 4;
const K: usize = 8;
// Of f32-keep-largest.
/** What is compared, see keyAt. */
const COMPARED: usize = 12;
/** u8[count] */
const KEEP: usize = 16;
// Of f32-kth-largest.
const TO: usize = 12;
// Of f32-largest.
/** f64[count] */
const POSITIONS: usize = 12;
/** i32, how many there are then. */
const LEFT: usize = 16;
/** f64[k], where the positions that are left go; POSITIONS, too. */
const LEFT_POSITIONS: usize = 20;

/** Bits of a run: its counts fit the first-level cache. */
const BITS: i32 = 11;
/** Bytes of the counts, and of one more that nobody reads, before the keys that a run leaves. */
const COUNTS: usize = (4 << BITS) + 64;
/** Keys there is room for behind them. */
const ROOM: u32 = 200000;

// What is compared, or else the values.
const SIZE: u32 = 1;
const NEGATED: u32 = 2;
/** Keys already. */
const KEYS: u32 = 3;

/** Bits of a float as a number that rises with what is compared; those of NaN stay as they are. */
function keyAt(at: usize, compared: u32): u32 {
  let bits = load<u32>(at);
  if (compared == SIZE) return bits & 0x7fffffff;
  if (compared == KEYS) return bits;
  if (compared == NEGATED && (bits & 0x7fffffff) <= 0x7f800000) bits ^= 0x80000000;
  return bits ^ (<u32>(<i32>bits >> 31) | 0x80000000);
}

/** Keys of four. */
function keysAt(at: usize, compared: u32): v128 {
  let bits = v128.load(at);
  if (compared == SIZE) return v128.and(bits, i32x4.splat(0x7fffffff));
  if (compared == KEYS) return bits;
  const sign = i32x4.splat(0x80000000);
  if (compared == NEGATED) bits = v128.xor(bits, v128.and(sign, f32x4.eq(bits, bits)));
  return v128.xor(bits, v128.or(i32x4.shr_s(bits, 31), sign));
}

/** The least and the greatest key, in the low and high half. */
function rangeOf(at: usize, past: usize, compared: u32): u64 {
  let least = i32x4.splat(-1), most = i32x4.splat(0);
  for (; at + 16 <= past; at += 16) {
    const keys = keysAt(at, compared);
    least = i32x4.min_u(least, keys);
    most = i32x4.max_u(most, keys);
  }
  least = i32x4.min_u(least, i64x2.shuffle(least, least, 1, 0));
  most = i32x4.max_u(most, i64x2.shuffle(most, most, 1, 0));
  let low = min(<u32>i32x4.extract_lane(least, 0), <u32>i32x4.extract_lane(least, 1));
  let high = max(<u32>i32x4.extract_lane(most, 0), <u32>i32x4.extract_lane(most, 1));
  for (; at < past; at += 4) {
    const key = keyAt(at, compared);
    low = min(low, key);
    high = max(high, key);
  }
  return <u64>low | (<u64>high << 32);
}

/** How many keys of `width` + 1 from `low` on have each of the digits that begin at `shift`. */
function count(at: usize, past: usize, compared: u32, low: u32, width: u32, shift: u32, counts: usize): void {
  memory.fill(counts, 0, 4 << BITS);
  for (; at < past; at += 4) {
    const above = keyAt(at, compared) - low;
    // Others are counted where nobody looks: which of them there are can't be predicted, and a wrong guess takes longer.
    const to = counts + (<usize>select<u32>(above >> shift, 1 << BITS, above <= width) << 2);
    store<u32>(to, load<u32>(to) + 1);
  }
}

/** Puts the keys of `width` + 1 from `low` on at `to`; returns where they end. */
function pick(at: usize, past: usize, compared: u32, low: u32, width: u32, to: usize): usize {
  const lows = i32x4.splat(low), widths = i32x4.splat(width);
  for (; at + 32 <= past; at += 32) {
    const k0 = i32x4.sub(keysAt(at, compared), lows);
    const k1 = i32x4.sub(keysAt(at + 16, compared), lows);
    // One guess for the branch predictor a group, and one a find, not one a key.
    let lanes = i32x4.bitmask(i32x4.le_u(k0, widths)) | (i32x4.bitmask(i32x4.le_u(k1, widths)) << 4);
    while (lanes != 0) {
      store<u32>(to, keyAt(at + (<usize>ctz(lanes) << 2), compared));
      to += 4;
      lanes &= lanes - 1;
    }
  }
  for (; at < past; at += 4) {
    const key = keyAt(at, compared);
    store<u32>(to, key);
    to += key - low <= width ? 4 : 0;
  }
  return to;
}

/**
 * The key of the k-th largest, 1 <= k <= count, and how many equal to it are among the k, in the low and high half. Runs divide the
 * range that the keys have, not that of all numbers: after the first few are left.
 */
function kth(values: usize, past: usize, compared: u32, k: u32, counts: usize): u64 {
  const range = rangeOf(values, past, compared);
  let low = <u32>range;
  let width = <u32>(range >> 32) - low;
  while (width != 0) {
    const shift = <u32>max(0, 32 - BITS - clz<i32>(width));
    count(values, past, compared, low, width, shift, counts);
    let digit = width >> shift;
    let here = load<u32>(counts + (<usize>digit << 2));
    while (k > here) {
      k -= here;
      digit--;
      here = load<u32>(counts + (<usize>digit << 2));
    }
    low += digit << shift;
    width = min(width - (digit << shift), (1 << shift) - 1);
    if (here <= ROOM && width != 0) {
      // Where they lie already, each goes no further than where it was.
      past = pick(values, past, compared, low, width, counts + COUNTS);
      values = counts + COUNTS;
      compared = KEYS;
    }
  }
  return <u64>low | (<u64>k << 32);
}

/** One work item. Of equal values the earlier ones are kept. */
export function f32_keep_largest(p: usize, begin: i32, end: i32, scratch: usize): void {
  const values = <usize>load<u32>(p, VALUES);
  const past = values + (<usize>load<u32>(p, COUNT) << 2);
  const compared = load<u32>(p, COMPARED);
  const found = kth(values, past, compared, load<u32>(p, K), scratch);
  const threshold = <u32>found;
  let ties = <u32>(found >> 32);
  let to = <usize>load<u32>(p, KEEP);
  const thresholds = i32x4.splat(threshold);
  const one = i8x16.splat(1);
  for (let at = values; at < past; ) {
    if (at + 64 <= past) {
      const k0 = keysAt(at, compared), k1 = keysAt(at + 16, compared), k2 = keysAt(at + 32, compared), k3 = keysAt(at + 48, compared);
      const equal = v128.or(
        v128.or(i32x4.eq(k0, thresholds), i32x4.eq(k1, thresholds)),
        v128.or(i32x4.eq(k2, thresholds), i32x4.eq(k3, thresholds)),
      );
      if (!v128.any_true(equal)) {
        const low = i16x8.narrow_i32x4_s(i32x4.gt_u(k0, thresholds), i32x4.gt_u(k1, thresholds));
        const high = i16x8.narrow_i32x4_s(i32x4.gt_u(k2, thresholds), i32x4.gt_u(k3, thresholds));
        v128.store(to, v128.and(i8x16.narrow_i16x8_s(low, high), one));
        to += 16;
        at += 64;
        continue;
      }
    }
    for (const until = min(at + 64, past); at < until; at += 4) {
      const key = keyAt(at, compared);
      let keep: u8 = key > threshold ? 1 : 0;
      if (key == threshold && ties > 0) {
        ties--;
        keep = 1;
      }
      store<u8>(to++, keep);
    }
  }
}

/** One work item: the size of the k-th largest size. */
export function f32_kth_largest(p: usize, begin: i32, end: i32, scratch: usize): void {
  const values = <usize>load<u32>(p, VALUES);
  const found = kth(values, values + (<usize>load<u32>(p, COUNT) << 2), SIZE, load<u32>(p, K), scratch);
  store<u32>(<usize>load<u32>(p, TO), <u32>found);
}

/** One work item. The values are sizes. */
export function f32_largest(p: usize, begin: i32, end: i32, scratch: usize): void {
  const values = <usize>load<u32>(p, VALUES);
  const count = load<u32>(p, COUNT);
  const k = load<u32>(p, K);
  const past = values + (<usize>count << 2);
  let from = <usize>load<u32>(p, POSITIONS);
  let to = <usize>load<u32>(p, LEFT_POSITIONS);
  store<u32>(<usize>load<u32>(p, LEFT), min(k, count));
  if (k == 0 || count <= k) {
    memory.copy(to, from, <usize>min(k, count) << 3);
    return;
  }
  const found = kth(values, past, SIZE, k, scratch);
  const threshold = <u32>found;
  let ties = <u32>(found >> 32);
  let toValue = values;
  const full = to + (<usize>k << 3);
  for (let at = values; to < full; at += 4) {
    const key = load<u32>(at) & 0x7fffffff;
    let keep: usize = key > threshold ? 1 : 0;
    if (key == threshold && ties > 0) {
      ties--;
      keep = 1;
    }
    // Written anyway, and written over where it isn't kept: whether it is can't be predicted.
    store<u32>(toValue, load<u32>(at));
    store<f64>(to, load<f64>(from));
    toValue += keep << 2;
    to += keep << 3;
    from += 8;
  }
}
