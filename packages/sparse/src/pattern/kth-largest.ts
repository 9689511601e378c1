/** Bits of a key that are looked at one after another, from the highest on; their counts fit the first-level cache. */
const DIGITS = [11, 11, 10] as const;
/** Up to so many values sorting takes less time than counting. */
const FEW = 1024;

/**
 * The k-th largest of the values (k from 1), in time of their number: runs of their bits are counted one after the
 * other, which order numbers as the numbers themselves once those below 0 are turned round. NaN counts as larger than all.
 * -Infinity if k is more than there are.
 */
export function kthLargest(values: Float32Array, k: number): number {
  if (k > values.length) return -Infinity;
  if (values.length <= FEW) return values.slice().sort()[values.length - k]!;
  let keys: Uint32Array = keysOf(values);
  let missing = k;
  let key = 0;
  let shift = 32;
  for (const bits of DIGITS) {
    shift -= bits;
    const mask = 2 ** bits - 1;
    const counts = new Uint32Array(mask + 1);
    for (let i = 0; i < keys.length; i++) counts[(keys[i]! >>> shift) & mask]!++;
    let digit = mask;
    for (; missing > counts[digit]!; digit--) missing -= counts[digit]!;
    key = ((key << bits) | digit) >>> 0;
    if (shift === 0) break;
    // Only those that agree so far go on.
    const next = new Uint32Array(counts[digit]!);
    for (let i = 0, to = 0; i < keys.length; i++) if (((keys[i]! >>> shift) & mask) === digit) next[to++] = keys[i]!;
    keys = next;
  }
  const found = new Uint32Array([key >>> 31 === 1 ? key ^ 0x80000000 : ~key]);
  return new Float32Array(found.buffer)[0]!;
}

/** Bits of floats as numbers that rise with them. */
function keysOf(values: Float32Array): Uint32Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const keys = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) keys[i] = bits[i]! >>> 31 === 1 ? ~bits[i]! : bits[i]! ^ 0x80000000;
  return keys;
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
