/**
 * top-k: of each row of N numbers the K largest and where they are, the largest first, of equal ones the earlier first. NaN is larger
 * than all numbers, and -0 equals 0.
 *
 * A row is read once, four vectors at a time, most of which hold nothing larger than the least of the K largest so far. What is larger
 * is put in its place among them where they are few. Else it is kept, and when there are CAPACITY, they are sorted (by digits of
 * their bits) and all but the K largest dropped, so that the time is one of N and not of N·K.
 */

// Parameters, as words.
const X: usize = 0;
const VALUES: usize = 4;
const INDICES: usize = 8;
const N: usize = 12;
const K: usize = 16;
/** -1 for floats, 0 for integers. */
const FLOATS: usize = 20;
/** At most this many are kept, at least K. */
const CAPACITY: usize = 24;
/** Where they are, 16·CAPACITY bytes an item, if not in the scratch. */
const WORK: usize = 28;

/** Where no more than half as many are wanted, or no more there, each is put in its place. */
const FEW: i32 = 64;
/** Bytes of the counts of a digit, of 8 bits. */
const COUNTS: usize = 1024;

/** Numbers as integers in the same order. */
// @ts-ignore: decorator
@inline
function keys(values: v128, floats: v128): v128 {
  const negative = v128.and(f32x4.lt(values, f32x4.splat(0)), floats);
  return i32x4.sub(v128.xor(v128.andnot(values, i32x4.shl(floats, 31)), negative), negative);
}

/** A number and its index as an integer: the smaller, the earlier it comes. */
// @ts-ignore: decorator
@inline
function entryOf(key: i32, index: i32): u64 {
  return (<u64>(<u32>key ^ 0x7fffffff) << 32) | index;
}
// @ts-ignore: decorator
@inline
function keyOf(entry: u64): i32 {
  return <i32>(entry >> 32) ^ 0x7fffffff;
}

/** Sorts entries by their keys, equal ones as they stand; as many bytes past them are used too. */
function sort(at: usize, count: i32, spare: usize, counts: usize): void {
  const bytes = <usize>count << 3;
  for (let shift: u64 = 32; shift < 64; shift += 8) {
    memory.fill(counts, 0, COUNTS);
    for (let i: usize = 0; i < bytes; i += 8) {
      const to = counts + (<usize>((load<u64>(at + i) >> shift) & 255) << 2);
      store<u32>(to, load<u32>(to) + 8);
    }
    let sum = spare;
    for (let to = counts; to < counts + COUNTS; to += 4) {
      const next = sum + load<u32>(to);
      store<u32>(to, <u32>sum);
      sum = next;
    }
    for (let i: usize = 0; i < bytes; i += 8) {
      const entry = load<u64>(at + i);
      const to = counts + (<usize>((entry >> shift) & 255) << 2);
      const place = load<u32>(to);
      store<u64>(place, entry);
      store<u32>(to, place + 8);
    }
    const other = at;
    at = spare;
    spare = other;
  }
}

/** Work items: rows. */
export function top_k(p: usize, begin: i32, end: i32, s: usize): void {
  const n = load<i32>(p, N);
  const k = load<i32>(p, K);
  const floats = v128.load32_splat(p, FLOATS);
  const capacity = load<i32>(p, CAPACITY);
  const work = <usize>load<u32>(p, WORK);
  const few = min(n, 2 * k) <= FEW;
  for (let row = begin; row < end; row++) {
    const x = <usize>load<u32>(p, X) + (<usize>(row * n) << 2);
    const kept = work != 0 ? work + (<usize>(row * capacity) << 4) : s + COUNTS;
    const spare = kept + (<usize>capacity << 3);
    let past = kept;
    /** Only what is larger is kept, once there are K. */
    let least = i32.MIN_VALUE;
    let i = 0;
    while (i < n) {
      const at = x + (<usize>i << 2);
      let stop = i + 1;
      if (i + 16 <= n && past > kept) {
        stop = i + 16;
        const t = i32x4.splat(least);
        const a = v128.or(i32x4.gt_s(keys(v128.load(at), floats), t), i32x4.gt_s(keys(v128.load(at, 16), floats), t));
        const b = v128.or(i32x4.gt_s(keys(v128.load(at, 32), floats), t), i32x4.gt_s(keys(v128.load(at, 48), floats), t));
        if (<i32>(past - kept) >= k << 3 && !v128.any_true(v128.or(a, b))) {
          i = stop;
          continue;
        }
      }
      for (; i < stop; i++) {
        const key = i32x4.extract_lane(keys(v128.load32_splat(x + (<usize>i << 2)), floats), 0);
        const count = <i32>(past - kept) >> 3;
        if (count >= k && key <= least) continue;
        const entry = entryOf(key, i);
        if (few) {
          // In its place; of K that there are already the last goes.
          let to = past;
          if (count == k) to -= 8;
          else past += 8;
          for (; to > kept && load<u64>(to - 8) > entry; to -= 8) store<u64>(to, load<u64>(to - 8));
          store<u64>(to, entry);
          if (count >= k - 1) least = keyOf(load<u64>(past - 8));
        } else {
          store<u64>(past, entry);
          past += 8;
          if (count + 1 == capacity && i + 1 < n) {
            sort(kept, capacity, spare, s);
            past = kept + (<usize>k << 3);
            least = keyOf(load<u64>(past - 8));
          }
        }
      }
    }
    if (!few) sort(kept, <i32>(past - kept) >> 3, spare, s);
    const to = <usize>(row * k) << 2;
    for (let j: usize = 0; j < <usize>k << 2; j += 4) {
      const index = load<u32>(kept + (j << 1));
      store<u32>(<usize>load<u32>(p, INDICES) + to + j, index);
      store<u32>(<usize>load<u32>(p, VALUES) + to + j, load<u32>(x + (<usize>index << 2)));
    }
  }
}
