/**
 * A block format: so many numbers in so many bytes.
 *
 * `encode` is bit for bit what ggml's reference computes, in float32 with every operation rounded, so its functions look
 * as they do: a sum in another order or in double precision would give other bytes.
 */
export interface BlockCodec {
  /** As GGUF names it. */
  readonly name: string;
  /** As GGUF numbers it. */
  readonly id: number;
  /** Numbers of a block. */
  readonly numbers: number;
  /** Bytes of a block. */
  readonly bytes: number;
  encode(x: Float32Array, to: Uint8Array): void;
  decode(bytes: Uint8Array, to: Float32Array): void;
}

const f = Math.fround;

/** 1 / d in float32; 0 of 0. */
export function inverse(d: number): number {
  return d === 0 ? 0 : f(1 / d);
}

/** The number of largest size, of equals the first, with its sign. */
export function largestOf(x: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < x.length; i++) if (Math.abs(x[i] as number) > Math.abs(largest)) largest = x[i] as number;
  return largest;
}

/** The least number, of equals the first, 0 and -0 among them. */
export function leastOf(x: Float32Array): number {
  return x.reduce((least, value) => (value < least ? value : least));
}

/** C's roundf: ties away from 0. */
export function roundAway(x: number): number {
  return x < 0 ? -Math.floor(0.5 - x) : Math.floor(x + 0.5);
}
