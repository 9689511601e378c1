import { roundHalfEven } from '../arithmetic/rounding.ts';
import { largestOf, type BlockCodec } from './block-codec.ts';
import { readHalf, writeHalf } from './half.ts';
import { improvedStep, signedStep, stepAndMin, type StepAndMinSearch } from './step-search.ts';

const f = Math.fround;
const NUMBERS = 256;

function clamp(x: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, x));
}

/** Parts of a block. */
function partsOf(x: Float32Array, size: number): Float32Array[] {
  return Array.from({ length: NUMBERS / size }, (_, part) => x.subarray(part * size, part * size + size));
}

/** Codes of 2 bits, four numbers that lie 32 apart to a byte. */
function writeTwos(to: Uint8Array, at: number, codes: ArrayLike<number>): void {
  for (let half = 0; half < 2; half++)
    for (let i = 0; i < 32; i++) {
      let byte = 0;
      for (let place = 0; place < 4; place++) byte |= codes[half * 128 + place * 32 + i]! << (2 * place);
      to[at + half * 32 + i] = byte;
    }
}

function readTwo(bytes: Uint8Array, at: number, i: number): number {
  return (bytes[at + (i >> 7) * 32 + (i & 31)]! >> (2 * ((i >> 5) & 3))) & 3;
}

/** Codes of 4 bits, two numbers that lie 32 apart to a byte. */
function writeNibbles(to: Uint8Array, at: number, codes: ArrayLike<number>): void {
  for (let span = 0; span < 4; span++)
    for (let i = 0; i < 32; i++) to[at + span * 32 + i] = (codes[span * 64 + i]! & 15) | ((codes[span * 64 + 32 + i]! & 15) << 4);
}

function readNibble(bytes: Uint8Array, at: number, i: number): number {
  const byte = bytes[at + (i >> 6) * 32 + (i & 31)]!;
  return (i & 32) === 0 ? byte & 15 : byte >> 4;
}

/** 256 numbers of 2 bits in 16 parts, each with a 4-bit step and a 4-bit least number. */
export const q2_k: BlockCodec = {
  ...{ name: 'Q2_K', id: 10, numbers: NUMBERS, bytes: 84 },
  encode: (x, to) => {
    const parts = partsOf(x, 16);
    const found = parts.map((part) => stepAndMin(part, 3, { weights: part.map(Math.abs), from: -0.5, by: 0.1, count: 15, absolute: true }));
    const level = (values: readonly number[], at: number): number[] => {
      const max = Math.max(0, ...values);
      const inverse = max > 0 ? f(15 / max) : 0;
      writeHalf(to, at, max > 0 ? f(max / 15) : 0);
      return values.map((value) => roundHalfEven(f(inverse * value)));
    };
    const steps = level(
      found.map(({ step }) => step),
      80,
    );
    const mins = level(
      found.map(({ min }) => min),
      82,
    );
    steps.forEach((step, part) => (to[part] = step | (mins[part]! << 4)));
    const [d, dmin] = [readHalf(to, 80), readHalf(to, 82)];
    const codes = new Uint8Array(NUMBERS);
    parts.forEach((part, index) => {
      const step = f(d * (to[index]! & 15));
      const min = f(dmin * (to[index]! >> 4));
      // Without a step the codes of the search stay, and mean nothing.
      part.forEach((value, i) => (codes[index * 16 + i] = step === 0 ? 0 : clamp(roundHalfEven(f(f(value + min) / step)), 0, 3)));
    });
    writeTwos(to, 16, codes);
  },
  decode: (bytes, to) => {
    const [d, dmin] = [readHalf(bytes, 80), readHalf(bytes, 82)];
    for (let i = 0; i < NUMBERS; i++) {
      const level = bytes[i >> 4]!;
      to[i] = f(f(d * (level & 15)) * readTwo(bytes, 16, i)) - f(dmin * (level >> 4));
    }
  },
};

/** 6-bit steps of 16 parts in 12 bytes: low nibbles of the first eight and the last eight, then high bits. */
function thirdStep(bytes: Uint8Array, part: number): number {
  const low = part < 8 ? bytes[96 + part]! & 15 : bytes[96 + part - 8]! >> 4;
  return (low | (((bytes[104 + (part & 3)]! >> (2 * (part >> 2))) & 3) << 4)) - 32;
}

/** 256 numbers of 3 bits in 16 parts, each with a 6-bit step. */
export const q3_k: BlockCodec = {
  ...{ name: 'Q3_K', id: 11, numbers: NUMBERS, bytes: 110 },
  encode: (x, to) => {
    to.fill(0);
    const parts = partsOf(x, 16);
    const steps = parts.map((part) => improvedStep(part, 4));
    const max = largestOf(steps);
    if (max !== 0) {
      const inverse = f(-32 / max);
      steps.forEach((step, part) => {
        const code = clamp(roundHalfEven(f(inverse * step)), -32, 31) + 32;
        to[96 + (part & 7)]! |= (code & 15) << (part < 8 ? 0 : 4);
        to[104 + (part & 3)]! |= (code >> 4) << (2 * (part >> 2));
      });
      writeHalf(to, 108, f(1 / inverse));
    }
    const d = readHalf(to, 108);
    const codes = new Uint8Array(NUMBERS);
    parts.forEach((part, index) => {
      const step = f(d * thirdStep(to, index));
      part.forEach((value, i) => (codes[index * 16 + i] = step === 0 ? 4 : clamp(roundHalfEven(f(value / step)), -4, 3) + 4));
    });
    codes.forEach((code, i) => {
      if (code > 3) to[i & 31]! |= 1 << (i >> 5);
    });
    writeTwos(
      to,
      32,
      codes.map((code) => code & 3),
    );
  },
  decode: (bytes, to) => {
    const d = readHalf(bytes, 108);
    for (let i = 0; i < NUMBERS; i++) {
      const high = (bytes[i & 31]! >> (i >> 5)) & 1;
      to[i] = f(d * thirdStep(bytes, i >> 4)) * (readTwo(bytes, 32, i) - (high === 1 ? 0 : 4));
    }
  },
};

/** 6-bit steps and least numbers of 8 parts in 12 bytes. */
function writeSixes(to: Uint8Array, at: number, steps: readonly number[], mins: readonly number[]): void {
  for (let part = 0; part < 4; part++) {
    to[at + part] = steps[part]! | ((steps[part + 4]! >> 4) << 6);
    to[at + 4 + part] = mins[part]! | ((mins[part + 4]! >> 4) << 6);
    to[at + 8 + part] = (steps[part + 4]! & 15) | ((mins[part + 4]! & 15) << 4);
  }
}

function readSixes(bytes: Uint8Array, at: number, part: number): readonly [step: number, min: number] {
  if (part < 4) return [bytes[at + part]! & 63, bytes[at + 4 + part]! & 63];
  const low = bytes[at + 4 + part]!;
  return [(low & 15) | ((bytes[at + part - 4]! >> 6) << 4), (low >> 4) | ((bytes[at + part]! >> 6) << 4)];
}

/** Writes steps and least numbers of 8 parts of 32, and gives the integers from 0 to `most` of all numbers. */
function encodeWithMins(x: Float32Array, to: Uint8Array, most: number, search: Omit<StepAndMinSearch, 'weights'>): Uint8Array {
  const parts = partsOf(x, 32);
  const found = parts.map((part) => {
    const squares = part.reduce((sum, value) => f(sum + f(value * value)), 0);
    const size = f(Math.sqrt(f(squares / 32)));
    return stepAndMin(part, most, { ...search, weights: part.map((value) => f(size + Math.abs(value))) });
  });
  const [largestStep, largestMin] = [Math.max(0, ...found.map(({ step }) => step)), Math.max(0, ...found.map(({ min }) => min))];
  const level = (value: number, largest: number): number =>
    Math.min(63, roundHalfEven(f((largest > 0 ? f(63 / largest) : 0) * value)) & 0xff);
  writeSixes(
    to,
    4,
    found.map(({ step }) => level(step, largestStep)),
    found.map(({ min }) => level(min, largestMin)),
  );
  const d = writeHalf(to, 0, f(largestStep / 63));
  const dmin = writeHalf(to, 2, f(largestMin / 63));
  const codes = new Uint8Array(NUMBERS);
  parts.forEach((part, index) => {
    const [step, min] = readSixes(to, 4, index);
    const own = f(d * step);
    const from = f(dmin * min);
    part.forEach((value, i) => (codes[index * 32 + i] = own === 0 ? 0 : clamp(roundHalfEven(f(f(value + from) / own)), 0, most)));
  });
  return codes;
}

function decodeWithMins(bytes: Uint8Array, to: Float32Array, code: (i: number) => number): void {
  const [d, dmin] = [readHalf(bytes, 0), readHalf(bytes, 2)];
  for (let part = 0; part < 8; part++) {
    const [step, min] = readSixes(bytes, 4, part);
    const own = f(d * step);
    const from = f(dmin * min);
    for (let i = part * 32; i < part * 32 + 32; i++) to[i] = f(own * code(i)) - from;
  }
}

/** 256 numbers of 4 bits in 8 parts, each with a 6-bit step and a 6-bit least number. */
export const q4_k: BlockCodec = {
  ...{ name: 'Q4_K', id: 12, numbers: NUMBERS, bytes: 144 },
  encode: (x, to) => writeNibbles(to, 16, encodeWithMins(x, to, 15, { from: -1, by: 0.1, count: 20, absolute: false })),
  decode: (bytes, to) => decodeWithMins(bytes, to, (i) => readNibble(bytes, 16, i)),
};

/** 256 numbers of 5 bits in 8 parts, each with a 6-bit step and a 6-bit least number. */
export const q5_k: BlockCodec = {
  ...{ name: 'Q5_K', id: 13, numbers: NUMBERS, bytes: 176 },
  encode: (x, to) => {
    const codes = encodeWithMins(x, to, 31, { from: -0.5, by: 0.1, count: 15, absolute: false });
    to.fill(0, 16, 48);
    codes.forEach((code, i) => (to[16 + (i & 31)]! |= (code >> 4) << (i >> 5)));
    writeNibbles(to, 48, codes);
  },
  decode: (bytes, to) => decodeWithMins(bytes, to, (i) => readNibble(bytes, 48, i) | (((bytes[16 + (i & 31)]! >> (i >> 5)) & 1) << 4)),
};

/** 256 numbers of 6 bits in 16 parts, each with an 8-bit step. */
export const q6_k: BlockCodec = {
  ...{ name: 'Q6_K', id: 14, numbers: NUMBERS, bytes: 210 },
  encode: (x, to) => {
    to.fill(0);
    const parts = partsOf(x, 16);
    const steps = parts.map((part) => signedStep(part, 32));
    const max = largestOf(steps);
    if (Math.abs(max) < f(1e-15)) return;
    const inverse = f(-128 / max);
    const d = writeHalf(to, 208, f(1 / inverse));
    const codes = new Uint8Array(NUMBERS);
    parts.forEach((part, index) => {
      const level = Math.min(127, roundHalfEven(f(inverse * steps[index]!)));
      to[192 + index] = level;
      const step = f(d * level);
      part.forEach((value, i) => (codes[index * 16 + i] = step === 0 ? 32 : clamp(roundHalfEven(f(value / step)), -32, 31) + 32));
    });
    for (let half = 0; half < 2; half++)
      for (let i = 0; i < 32; i++) {
        const code = (place: number): number => codes[half * 128 + place * 32 + i]!;
        to[half * 64 + i] = (code(0) & 15) | ((code(2) & 15) << 4);
        to[half * 64 + 32 + i] = (code(1) & 15) | ((code(3) & 15) << 4);
        to[128 + half * 32 + i] = (code(0) >> 4) | ((code(1) >> 4) << 2) | ((code(2) >> 4) << 4) | ((code(3) >> 4) << 6);
      }
  },
  decode: (bytes, to) => {
    const d = readHalf(bytes, 208);
    for (let i = 0; i < NUMBERS; i++) {
      const [half, place, at] = [i >> 7, (i >> 5) & 3, i & 31];
      const low = (bytes[half * 64 + (place & 1) * 32 + at]! >> (place < 2 ? 0 : 4)) & 15;
      const high = (bytes[128 + half * 32 + at]! >> (2 * place)) & 3;
      const level = (bytes[192 + (i >> 4)]! << 24) >> 24;
      to[i] = f(d * level) * ((low | (high << 4)) - 32);
    }
  },
};
