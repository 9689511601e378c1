/** Numbers by a half of their keys. */
const BUCKETS = 2 ** 16;
/** Up to so many values sorting takes less time than counting. */
const FEW = 4096;

/**
 * The k-th largest of the values (k from 1), in time of their number: the halves of their bits are counted one after the
 * other, which order numbers as the numbers themselves once those below 0 are turned round. NaN counts as larger than all.
 * -Infinity if k is more than there are.
 */
export function kthLargest(values: Float32Array, k: number): number {
  if (k > values.length) return -Infinity;
  if (values.length <= FEW) return values.slice().sort()[values.length - k]!;
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const counts = new Uint32Array(BUCKETS);
  for (let i = 0; i < bits.length; i++) counts[keyOf(bits[i]!) >>> 16]!++;
  let missing = k;
  let upper = BUCKETS - 1;
  for (; missing > counts[upper]!; upper--) missing -= counts[upper]!;
  counts.fill(0);
  for (let i = 0; i < bits.length; i++) {
    const key = keyOf(bits[i]!);
    if (key >>> 16 === upper) counts[key & 0xffff]!++;
  }
  let lower = BUCKETS - 1;
  for (; missing > counts[lower]!; lower--) missing -= counts[lower]!;
  const key = ((upper << 16) | lower) >>> 0;
  const found = new Uint32Array([key >>> 31 === 1 ? key ^ 0x80000000 : ~key]);
  return new Float32Array(found.buffer)[0]!;
}

/** Bits of a float as a number that rises with it. */
function keyOf(bits: number): number {
  return bits >>> 31 === 1 ? ~bits : bits ^ 0x80000000;
}

/** 1 for the k largest scores, 0 for the others; of equal ones the earlier is kept. */
export function keepLargest(scores: Float32Array, k: number): Uint8Array {
  const keep = new Uint8Array(scores.length);
  if (k <= 0) return keep;
  if (k >= scores.length) return keep.fill(1);
  const threshold = kthLargest(scores, k);
  let ties = k;
  for (let i = 0; i < scores.length; i++) if (scores[i]! > threshold) ties--;
  for (let i = 0; i < scores.length; i++) if (scores[i]! > threshold || (scores[i] === threshold && ties-- > 0)) keep[i] = 1;
  return keep;
}
