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

/** Bits of the runs, from the highest on; a run's counts fit the first-level cache. */
const FIRST: i32 = 11;
const SECOND: i32 = 11;
const THIRD: i32 = 10;

// What is compared, or else the values.
const SIZE: u32 = 1;
const NEGATED: u32 = 2;

/** Bits of a float as a number that rises with what is compared; those of NaN stay as they are. */
// @ts-ignore: decorator
@inline
function keyAt(at: usize, compared: u32): u32 {
  let bits = load<u32>(at);
  if (compared == SIZE) return bits & 0x7fffffff;
  if (compared == NEGATED && (bits & 0x7fffffff) <= 0x7f800000) bits ^= 0x80000000;
  return bits ^ (<u32>(<i32>bits >> 31) | 0x80000000);
}

/** How many values have each of the digits of FIRST bits. */
function countFirst(values: usize, past: usize, compared: u32, counts: usize): void {
  // Values next to each other are counted apart, because most have one of few digits and a count waits for the one before.
  const others = counts + (4 << FIRST);
  memory.fill(counts, 0, 8 << FIRST);
  let at = values;
  for (; at + 8 <= past; at += 8) {
    increment(counts, keyAt(at, compared) >> (SECOND + THIRD));
    increment(others, keyAt(at + 4, compared) >> (SECOND + THIRD));
  }
  if (at < past) increment(counts, keyAt(at, compared) >> (SECOND + THIRD));
  for (let i: usize = 0; i < 4 << FIRST; i += 16) v128.store(counts + i, i32x4.add(v128.load(counts + i), v128.load(others + i)));
}

/** How many of the values whose bits above begin with `prefix` have each of the digits of the `bits` at `shift`. */
function countNext(values: usize, past: usize, compared: u32, prefix: u32, shift: i32, bits: i32, counts: usize): void {
  const mask: u32 = (1 << bits) - 1;
  memory.fill(counts, 0, 4 << bits);
  for (let at = values; at < past; at += 4) {
    const key = keyAt(at, compared);
    // Others are counted where nobody looks, in turns: which of them match can't be predicted, and a wrong guess takes longer.
    increment(counts, select<u32>((key >> shift) & mask, mask + 1 + ((<u32>at >> 2) & 15), key >> (shift + bits) == prefix));
  }
}

// @ts-ignore: decorator
@inline
function increment(counts: usize, digit: u32): void {
  const to = counts + (<usize>digit << 2);
  store<u32>(to, load<u32>(to) + 1);
}

/** The digit in which the `missing`-th largest is, and how many of that digit are among the largest, in the low and high half. */
function digitOf(counts: usize, bits: i32, missing: u32): u64 {
  let digit = (1 << bits) - 1;
  let here = load<u32>(counts + (<usize>digit << 2));
  while (missing > here) {
    missing -= here;
    digit--;
    here = load<u32>(counts + (<usize>digit << 2));
  }
  return <u64>digit | (<u64>missing << 32);
}

/** The key of the k-th largest, 1 <= k <= count, and how many equal to it are among the k, in the low and high half. */
function kth(values: usize, past: usize, compared: u32, k: u32, counts: usize): u64 {
  countFirst(values, past, compared, counts);
  let found = digitOf(counts, FIRST, k);
  let key = <u32>found;
  countNext(values, past, compared, key, THIRD, SECOND, counts);
  found = digitOf(counts, SECOND, <u32>(found >> 32));
  key = (key << SECOND) | <u32>found;
  countNext(values, past, compared, key, 0, THIRD, counts);
  found = digitOf(counts, THIRD, <u32>(found >> 32));
  return <u64>((key << THIRD) | <u32>found) | ((found >> 32) << 32);
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
  for (let at = values; at < past; at += 4) {
    const key = keyAt(at, compared);
    let keep: u8 = key > threshold ? 1 : 0;
    if (key == threshold && ties > 0) {
      ties--;
      keep = 1;
    }
    store<u8>(to++, keep);
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
  if (k == 0 || count <= k) {
    store<u32>(<usize>load<u32>(p, LEFT), min(k, count));
    return;
  }
  const found = kth(values, past, SIZE, k, scratch);
  const threshold = <u32>found;
  let ties = <u32>(found >> 32);
  let from = <usize>load<u32>(p, POSITIONS);
  let to = from;
  let toValue = values;
  for (let at = values; at < past; at += 4) {
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
  store<u32>(<usize>load<u32>(p, LEFT), k);
}
