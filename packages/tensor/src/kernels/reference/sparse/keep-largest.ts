/** What is compared: the values, their sizes, or the values negated. */
export type Compared = 'value' | 'magnitude' | 'negated';

/** 1 for the k largest, 0 for the others; of equal ones the earlier, and NaN above all, if its sign bit is not set: the truth for f32-keep-largest. */
export function referenceKeepLargest(values: Float32Array, k: number, by: Compared): Uint8Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const keys = bits.map((given, i) => {
    if (by === 'magnitude') return given & 0x7fffffff;
    const word = by === 'negated' && !Number.isNaN(values[i]) ? given ^ 0x80000000 : given;
    return word >>> 31 === 1 ? ~word : word ^ 0x80000000;
  });
  const keep = new Uint8Array(values.length);
  if (k <= 0) return keep;
  if (k >= values.length) return keep.fill(1);
  const threshold = keys.slice().sort()[values.length - k] as number;
  let ties = k;
  for (const key of keys) if (key > threshold) ties--;
  for (let i = 0; i < keys.length; i++) if (keys[i]! > threshold || (keys[i] === threshold && ties-- > 0)) keep[i] = 1;
  return keep;
}
