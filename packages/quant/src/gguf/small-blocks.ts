import { inverse, largestOf, leastOf, roundAway, type BlockCodec } from './block-codec.ts';
import { readHalf, writeHalf } from './half.ts';

const f = Math.fround;
const HALF = 16;

/** Numbers `low` and `high` of a pair as the nibbles of a byte: number i and i + 16 of 32. */
function eachPair(use: (i: number) => void): void {
  for (let i = 0; i < HALF; i++) use(i);
}

/** 32 numbers as a step and 4-bit integers about 0, the largest at -8. */
export const q4_0: BlockCodec = {
  ...{ name: 'Q4_0', id: 2, numbers: 32, bytes: 18 },
  encode: (x, to) => {
    const d = f(largestOf(x) / -8);
    const id = inverse(d);
    writeHalf(to, 0, d);
    const code = (value: number): number => Math.min(15, Math.trunc(f(f(value * id) + 8.5)));
    eachPair((i) => (to[2 + i] = code(x[i]!) | (code(x[i + HALF]!) << 4)));
  },
  decode: (bytes, to) => {
    const d = readHalf(bytes, 0);
    eachPair((i) => {
      to[i] = ((bytes[2 + i]! & 15) - 8) * d;
      to[i + HALF] = ((bytes[2 + i]! >> 4) - 8) * d;
    });
  },
};

/** 32 numbers as a step, a least number, and 4-bit integers from it. */
export const q4_1: BlockCodec = {
  ...{ name: 'Q4_1', id: 3, numbers: 32, bytes: 20 },
  encode: (x, to) => {
    const [min, max] = [leastOf(x), Math.max(...x)];
    const d = f(f(max - min) / 15);
    const id = inverse(d);
    writeHalf(to, 0, d);
    writeHalf(to, 2, min);
    const code = (value: number): number => Math.min(15, Math.trunc(f(f(f(value - min) * id) + 0.5)));
    eachPair((i) => (to[4 + i] = code(x[i]!) | (code(x[i + HALF]!) << 4)));
  },
  decode: (bytes, to) => {
    const [d, m] = [readHalf(bytes, 0), readHalf(bytes, 2)];
    eachPair((i) => {
      to[i] = f((bytes[4 + i]! & 15) * d) + m;
      to[i + HALF] = f((bytes[4 + i]! >> 4) * d) + m;
    });
  },
};

/** Writes 32 codes of 5 bits: fifth bits in 4 bytes, number i's at bit i, then nibbles. */
function writeFives(to: Uint8Array, at: number, code: (i: number) => number): void {
  to.fill(0, at, at + 4);
  eachPair((i) => {
    const [low, high] = [code(i), code(i + HALF)];
    to[at + 4 + i] = (low & 15) | ((high & 15) << 4);
    to[at + (i >> 3)]! |= (low >> 4) << (i & 7);
    to[at + 2 + (i >> 3)]! |= (high >> 4) << (i & 7);
  });
}

function readFive(bytes: Uint8Array, at: number, i: number): number {
  const nibble = i < HALF ? bytes[at + 4 + i]! & 15 : bytes[at + 4 + i - HALF]! >> 4;
  return nibble | (((bytes[at + (i >> 3)]! >> (i & 7)) & 1) << 4);
}

/** 32 numbers as a step and 5-bit integers about 0, the largest at -16. */
export const q5_0: BlockCodec = {
  ...{ name: 'Q5_0', id: 6, numbers: 32, bytes: 22 },
  encode: (x, to) => {
    const d = f(largestOf(x) / -16);
    const id = inverse(d);
    writeHalf(to, 0, d);
    writeFives(to, 2, (i) => Math.min(31, Math.trunc(f(f(x[i]! * id) + 16.5))));
  },
  decode: (bytes, to) => {
    const d = readHalf(bytes, 0);
    for (let i = 0; i < 32; i++) to[i] = (readFive(bytes, 2, i) - 16) * d;
  },
};

/** 32 numbers as a step, a least number, and 5-bit integers from it. */
export const q5_1: BlockCodec = {
  ...{ name: 'Q5_1', id: 7, numbers: 32, bytes: 24 },
  encode: (x, to) => {
    const [min, max] = [leastOf(x), Math.max(...x)];
    const d = f(f(max - min) / 31);
    const id = inverse(d);
    writeHalf(to, 0, d);
    writeHalf(to, 2, min);
    writeFives(to, 4, (i) => Math.trunc(f(f(f(x[i]! - min) * id) + 0.5)));
  },
  decode: (bytes, to) => {
    const [d, m] = [readHalf(bytes, 0), readHalf(bytes, 2)];
    for (let i = 0; i < 32; i++) to[i] = f(readFive(bytes, 4, i) * d) + m;
  },
};

/** 32 numbers as a step and bytes. */
export const q8_0: BlockCodec = {
  ...{ name: 'Q8_0', id: 8, numbers: 32, bytes: 34 },
  encode: (x, to) => {
    const d = f(Math.abs(largestOf(x)) / 127);
    const id = inverse(d);
    writeHalf(to, 0, d);
    for (let i = 0; i < 32; i++) to[2 + i] = roundAway(f(x[i]! * id));
  },
  decode: (bytes, to) => {
    const d = readHalf(bytes, 0);
    for (let i = 0; i < 32; i++) to[i] = ((bytes[2 + i]! << 24) >> 24) * d;
  },
};
