import { inverse, largestOf, roundAway, type BlockCodec } from './block-codec.ts';
import { readHalf, writeHalf } from './half.ts';

const f = Math.fround;
const NUMBERS = 256;

/** Numbers in steps of the largest, to the nearest of -1, 0, 1, as 0, 1, 2. */
function trits(x: Float32Array): (i: number) => number {
  const id = inverse(Math.abs(largestOf(x)));
  return (i) => roundAway(f(x[i]! * id)) + 1;
}

/** Runs of trits that share bytes: `bytes` of them from `at`, each of `count` numbers that lie `stride` apart. */
const runs = [
  { at: 0, bytes: 32, count: 5, first: 0 },
  { at: 32, bytes: 16, count: 5, first: 160 },
  { at: 48, bytes: 4, count: 4, first: 240 },
] as const;

/** 256 numbers as -s, 0 or s, five to a byte as digits of a fraction in base 3. */
export const tq1_0: BlockCodec = {
  ...{ name: 'TQ1_0', id: 34, numbers: NUMBERS, bytes: 54 },
  encode: (x, to) => {
    const trit = trits(x);
    for (const { at, bytes, count, first } of runs) {
      for (let byte = 0; byte < bytes; byte++) {
        let digits = 0;
        for (let digit = 0; digit < 5; digit++) digits = digits * 3 + (digit < count ? trit(first + byte + digit * bytes) : 0);
        to[at + byte] = Math.floor((digits * 256 + 242) / 243);
      }
    }
    writeHalf(to, 52, Math.abs(largestOf(x)));
  },
  decode: (bytes, to) => {
    const d = readHalf(bytes, 52);
    for (const { at, bytes: length, count, first } of runs) {
      for (let digit = 0; digit < count; digit++) {
        for (let byte = 0; byte < length; byte++) {
          const rest = (bytes[at + byte]! * 3 ** digit) & 0xff;
          to[first + byte + digit * length] = (((rest * 3) >> 8) - 1) * d;
        }
      }
    }
  },
};

/** 256 numbers as -s, 0 or s, four to a byte. */
export const tq2_0: BlockCodec = {
  ...{ name: 'TQ2_0', id: 35, numbers: NUMBERS, bytes: 66 },
  encode: (x, to) => {
    const trit = trits(x);
    for (let part = 0; part < 2; part++) {
      for (let i = 0; i < 32; i++) {
        let byte = 0;
        for (let digit = 0; digit < 4; digit++) byte |= (trit(part * 128 + i + digit * 32) & 3) << (2 * digit);
        to[part * 32 + i] = byte;
      }
    }
    writeHalf(to, 64, Math.abs(largestOf(x)));
  },
  decode: (bytes, to) => {
    const d = readHalf(bytes, 64);
    for (let part = 0; part < 2; part++)
      for (let digit = 0; digit < 4; digit++)
        for (let i = 0; i < 32; i++) to[part * 128 + digit * 32 + i] = (((bytes[part * 32 + i]! >> (2 * digit)) & 3) - 1) * d;
  },
};
