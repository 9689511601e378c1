import { decodeFloat, encodeFloat } from '../formats/float-format.ts';
import { float16 } from '../formats/formats.ts';

/** Reads a float16 from two bytes, little-endian. */
export function readHalf(bytes: Uint8Array, at: number): number {
  return decodeFloat((bytes[at] as number) | ((bytes[at + 1] as number) << 8), float16);
}

/** Writes a number as float16, and returns the number that this is. */
export function writeHalf(bytes: Uint8Array, at: number, value: number): number {
  const code = encodeFloat(value, float16);
  bytes[at] = code & 0xff;
  bytes[at + 1] = code >> 8;
  return decodeFloat(code, float16);
}
