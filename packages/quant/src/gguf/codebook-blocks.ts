import { roundHalfEven } from '../arithmetic/rounding.ts';
import { inverse, largestOf, type BlockCodec } from './block-codec.ts';
import { readHalf, writeHalf } from './half.ts';

const f = Math.fround;

/** The 16 values of IQ4, closer together about 0. */
const codebook = Int8Array.of(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);

/** The code of the nearest value; of two equally near the upper. */
function nearestCode(x: number): number {
  if (x <= codebook[0]!) return 0;
  if (x >= codebook[15]!) return 15;
  let [low, high] = [0, 15];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (x < codebook[middle]!) high = middle;
    else low = middle;
  }
  return f(x - codebook[high - 1]!) < f(codebook[high]! - x) ? high - 1 : high;
}

/** Sums of w·q·x and w·q² with w = x², for codes nearest to x · id. */
function sums(x: Float32Array, id: number): readonly [number, number] {
  let ofProducts = 0;
  let ofSquares = 0;
  for (const value of x) {
    const q = codebook[nearestCode(f(id * value))]!;
    const w = f(value * value);
    const wq = f(w * q);
    ofProducts = f(ofProducts + f(wq * value));
    ofSquares = f(ofSquares + f(wq * q));
  }
  return [ofProducts, ofSquares];
}

const EPSILON = f(1e-15);

/** The step of 32 numbers with least weighted error, among `tries` steps to either side of the one that reaches the largest; with none, that one's codes. */
function stepOf(x: Float32Array, tries: number): number {
  const max = largestOf(x);
  if (Math.abs(max) < EPSILON) return 0;
  const first = f((tries > 0 ? -max : max) / codebook[0]!);
  let [products, squares] = sums(x, f(1 / first));
  let d = squares > 0 ? f(products / squares) : 0;
  let best = f(d * products);
  // With none, not even the first again.
  for (let step = tries > 0 ? -tries : 1; step <= tries; step++) {
    [products, squares] = sums(x, f((step + codebook[0]!) / max));
    if (squares > 0 && f(products * products) > f(best * squares)) {
      d = f(products / squares);
      best = f(d * products);
    }
  }
  return d;
}

function writeNibbles(to: Uint8Array, at: number, code: (i: number) => number): void {
  for (let i = 0; i < 16; i++) to[at + i] = code(i) | (code(i + 16) << 4);
}

function readNibbles(bytes: Uint8Array, at: number, d: number, to: Float32Array, first: number): void {
  for (let i = 0; i < 16; i++) {
    to[first + i] = d * codebook[bytes[at + i]! & 15]!;
    to[first + i + 16] = d * codebook[bytes[at + i]! >> 4]!;
  }
}

/** 32 numbers as a step and codes of 16 uneven values. The codes are those of the step that reaches the largest number; the step itself is then fitted to them. */
export const iq4_nl: BlockCodec = {
  ...{ name: 'IQ4_NL', id: 20, numbers: 32, bytes: 18 },
  encode: (x, to) => {
    const max = largestOf(x);
    const id = Math.abs(max) < EPSILON ? 0 : f(1 / f(max / codebook[0]!));
    writeHalf(to, 0, stepOf(x, 0));
    writeNibbles(to, 2, (i) => (id === 0 ? 0 : nearestCode(f(id * x[i]!))));
  },
  decode: (bytes, to) => readNibbles(bytes, 2, readHalf(bytes, 0), to, 0),
};

/** Steps tried to either side. */
const TRIES = 7;

/** 256 numbers as a step, eight 6-bit multiples of it, and codes of 16 uneven values. */
export const iq4_xs: BlockCodec = {
  ...{ name: 'IQ4_XS', id: 23, numbers: 256, bytes: 136 },
  encode: (x, to) => {
    const parts = Array.from({ length: 8 }, (_, part) => x.subarray(part * 32, part * 32 + 32));
    const steps = parts.map((part) => stepOf(part, TRIES));
    const d = f(-largestOf(steps) / 32);
    const id = inverse(d);
    to.fill(0, 0, 8);
    writeHalf(to, 0, d);
    parts.forEach((part, index) => {
      const level = Math.max(-32, Math.min(31, roundHalfEven(f(id * steps[index]!))));
      const inverseStep = inverse(f(d * level));
      writeNibbles(to, 8 + 16 * index, (i) => nearestCode(f(inverseStep * part[i]!)));
      const code = level + 32;
      to[4 + (index >> 1)]! |= (code & 15) << (4 * (index & 1));
      to[2 + (index >> 2)]! |= (code >> 4) << (2 * (index & 3));
    });
  },
  decode: (bytes, to) => {
    const d = readHalf(bytes, 0);
    for (let part = 0; part < 8; part++) {
      const code = ((bytes[4 + (part >> 1)]! >> (4 * (part & 1))) & 15) | (((bytes[2 + (part >> 2)]! >> (2 * (part & 3))) & 3) << 4);
      readNibbles(bytes, 8 + 16 * part, f(d * (code - 32)), to, part * 32);
    }
  },
};
