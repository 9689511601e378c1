/** Signed integers of 4 bits, two to a byte, the first in the lower half. */
export function packNibbles(values: Int8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Math.ceil(values.length / 2));
  values.forEach((value, i) => (bytes[i >> 1]! |= (value & 15) << (4 * (i & 1))));
  return bytes;
}

/** `count` integers of {@link packNibbles}. */
export function unpackNibbles(bytes: Uint8Array, count: number): Int8Array<ArrayBuffer> {
  return Int8Array.from({ length: count }, (_, i) => ((bytes[i >> 1] as number) << (28 - 4 * (i & 1))) >> 28);
}
