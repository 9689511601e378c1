import { exponentOf } from '../arithmetic/frexp.ts';
import { largestOf, type BlockCodec } from './block-codec.ts';

const f = Math.fround;

/** Twice the 4-bit floats e2m1, by code. */
const doubled = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

/** The first code of the nearest value at a step: ties go to the lower code. */
function nearestCode(x: number, step: number): number {
  let best = 0;
  let least = Infinity;
  doubled.forEach((value, code) => {
    const error = Math.abs(f(f(value * step) - x));
    if (error < least) [best, least] = [code, error];
  });
  return best;
}

/** 32 numbers as a power of two and 4-bit floats, OCP's MXFP4 as ggml rounds to it. */
export const mxfp4: BlockCodec = {
  ...{ name: 'MXFP4', id: 39, numbers: 32, bytes: 17 },
  encode: (x, to) => {
    const amax = Math.abs(largestOf(x));
    const e = amax > 0 ? (exponentOf(amax) - 2 + 127) & 0xff : 0;
    const step = 2 ** (e - 128);
    to[0] = e;
    for (let i = 0; i < 16; i++) to[1 + i] = nearestCode(x[i]!, step) | (nearestCode(x[i + 16]!, step) << 4);
  },
  decode: (bytes, to) => {
    const step = 2 ** (bytes[0]! - 128);
    for (let i = 0; i < 16; i++) {
      to[i] = doubled[bytes[1 + i]! & 15]! * step;
      to[i + 16] = doubled[bytes[1 + i]! >> 4]! * step;
    }
  },
};

/** Half of the number of an unsigned 8-bit float of 4 exponent bits; its largest code, NaN, counts as 0. */
function halfOfUe4m3(code: number): number {
  if (code === 0 || code === 0x7f) return 0;
  const exponent = code >> 3;
  const mantissa = code & 7;
  return (exponent === 0 ? mantissa * 2 ** -9 : (1 + mantissa / 8) * 2 ** (exponent - 7)) / 2;
}

/** The code of a positive number, to the nearest, ties up. */
function toUe4m3(x: number): number {
  if (!(x > 0)) return 0;
  const size = Math.min(x, 448);
  const exponent = exponentOf(size) + 7;
  if (exponent <= 0) return Math.min(Math.trunc(f(f(size * 512) + 0.5)), 7);
  if (exponent >= 15) return 0x7e;
  // A mantissa that overflows carries into the exponent.
  const code = exponent * 8 + Math.floor((size / 2 ** (exponent - 7) - 1) * 8 + 0.5);
  return code >= 15 * 8 ? 0x7e : code;
}

/** 64 numbers as four 8-bit float steps and 4-bit floats. */
export const nvfp4: BlockCodec = {
  ...{ name: 'NVFP4', id: 40, numbers: 64, bytes: 36 },
  encode: (x, to) => {
    for (let part = 0; part < 4; part++) {
      const own = x.subarray(part * 16, part * 16 + 16);
      const code = toUe4m3(f(Math.abs(largestOf(own)) / 6));
      to[part] = code;
      const step = halfOfUe4m3(code);
      for (let i = 0; i < 8; i++) to[4 + part * 8 + i] = nearestCode(own[i]!, step) | (nearestCode(own[i + 8]!, step) << 4);
    }
  },
  decode: (bytes, to) => {
    for (let part = 0; part < 4; part++) {
      const step = halfOfUe4m3(bytes[part]!);
      for (let i = 0; i < 8; i++) {
        const byte = bytes[4 + part * 8 + i]!;
        to[part * 16 + i] = doubled[byte & 15]! * step;
        to[part * 16 + i + 8] = doubled[byte >> 4]! * step;
      }
    }
  },
};
