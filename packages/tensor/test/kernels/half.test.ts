import { beforeAll, describe, expect, test } from 'vitest';
import { enable } from '../../src/index.ts';
import { gemm } from '../../src/kernels/gemm.ts';
import { narrow, storedFormats, widen, type HalfFormat } from '../../src/kernels/half.ts';
import { referenceGemm } from '../../src/kernels/reference/gemm.ts';
import { codeOfHalf, valueOfHalf } from '../../src/kernels/reference/half.ts';
import { inEveryCombination } from './combinations.ts';
import { Blocks, type Values } from './memory.ts';
import { expectSums } from './rounded-sums.ts';
import { floats } from './values.ts';

const formats: readonly HalfFormat[] = ['float16', 'bfloat16'];
const all = Uint16Array.from({ length: 65536 }, (_, code) => code);
const isNaNCode = (format: HalfFormat, code: number): boolean => Number.isNaN(valueOfHalf(format, code));
const wordsOf = (values: Float32Array): Uint32Array => new Uint32Array(values.buffer, values.byteOffset, values.length);

/** The float32 numbers next to one, by their bits. */
const next = (value: number, step: number): number => {
  const values = Float32Array.of(value);
  const words = wordsOf(values);
  words[0] = (words[0] as number) + step;
  return values[0] as number;
};

test('the slow twin knows the numbers that IEEE 754 and the definition of bfloat16 name', () => {
  for (const [code, value] of [
    [0x0001, 2 ** -24],
    [0x03ff, 2 ** -14 - 2 ** -24],
    [0x0400, 2 ** -14],
    [0x3555, 0.333251953125],
    [0x3c00, 1],
    [0x3c01, 1 + 2 ** -10],
    [0x7bff, 65504],
    [0x7c00, Infinity],
    [0xc000, -2],
  ] as const) {
    expect(valueOfHalf('float16', code)).toBe(value);
    expect(codeOfHalf('float16', value)).toBe(code);
  }
  expect(codeOfHalf('float16', 65519.996)).toBe(0x7bff);
  expect(codeOfHalf('float16', 65520)).toBe(0x7c00);
  expect(codeOfHalf('float16', 2 ** -25)).toBe(0);
  expect(codeOfHalf('float16', -0)).toBe(0x8000);
  expect(valueOfHalf('bfloat16', 0x3f80)).toBe(1);
  expect(valueOfHalf('bfloat16', 0x7f7f)).toBe(3.3895313892515355e38);
  expect(codeOfHalf('bfloat16', Math.PI)).toBe(0x4049);
});

/** Each number between two neighbors of a format that is halfway or next to it, and the code it goes to. */
function midpointsOf(format: HalfFormat): { readonly values: Float32Array; readonly codes: readonly number[] } {
  const values: number[] = [];
  const codes: number[] = [];
  const top = format === 'float16' ? 0x7bff : 0x7f7f;
  for (let code = 0; code <= top; code++) {
    const [low, high] = [
      valueOfHalf(format, code),
      code === top ? 2 * valueOfHalf(format, top) - valueOfHalf(format, top - 1) : valueOfHalf(format, code + 1),
    ];
    const middle = (low + high) / 2;
    for (const sign of [1, -1]) {
      const bit = sign < 0 ? 0x8000 : 0;
      values.push(sign * middle, sign * next(middle, 1), sign * next(middle, -1));
      codes.push(bit | (code + (code & 1)), bit | (code + 1), bit | code);
    }
  }
  return { values: Float32Array.from(values), codes };
}
const midpoints = { float16: midpointsOf('float16'), bfloat16: midpointsOf('bfloat16') };
const sample = new Float32Array(Uint32Array.from({ length: 70001 }, (_, i) => (i * 61357) >>> 0).buffer);
const sampled = Object.fromEntries(formats.map((format) => [format, Array.from(sample, (value) => codeOfHalf(format, value))]));

test.each(formats)('the slow twin of %s takes all midpoints to the even code', (format) => {
  const { values, codes } = midpoints[format];
  expect([...values].filter((value, i) => codeOfHalf(format, value) !== codes[i])).toEqual([]);
});

/** Bytes of 16-bit codes, as blocks are placed. */
const bytesOf = (codes: Uint16Array): Values => new Uint8Array(codes.buffer, codes.byteOffset, codes.byteLength);

inEveryCombination((kernels) => {
  beforeAll(async () => (await enable()).load('half'));

  describe.each(formats)('%s', (format) => {
    const widened = (codes: Uint16Array): Float32Array => {
      const blocks = new Blocks(kernels());
      const to = blocks.place(new Float32Array(codes.length));
      widen(kernels(), format, blocks.place(bytesOf(codes)), to, codes.length);
      const result = blocks.read(to, new Float32Array(codes.length));
      blocks.release();
      return result;
    };
    const narrowed = (values: Float32Array): Uint16Array => {
      const blocks = new Blocks(kernels());
      const result = new Uint16Array(values.length);
      const to = blocks.place(bytesOf(result));
      narrow(kernels(), format, blocks.place(values), to, values.length);
      blocks.read(to, bytesOf(result));
      blocks.release();
      return result;
    };

    test('the values of all 65,536 codes, bit for bit, and the codes again', () => {
      const values = widened(all);
      const words = wordsOf(values);
      const wrong = [...all].filter((code) => {
        if (!isNaNCode(format, code)) return !Object.is(values[code], valueOfHalf(format, code));
        const payload = format === 'float16' ? (code & 0x3ff) << 13 : (code & 0x7f) << 16;
        const quiet = format === 'float16' ? 0x400000 : 0;
        return words[code] !== (((code & 0x8000) << 16) | 0x7f800000 | payload | quiet) >>> 0;
      });
      expect(wrong).toEqual([]);
      const back = narrowed(values);
      const quiet = format === 'float16' ? 0x200 : 0x40;
      expect([...all].filter((code) => back[code] !== (isNaNCode(format, code) ? code | quiet : code))).toEqual([]);
    });

    test('all midpoints go to the even code, what is next to them to the nearer one', () => {
      const { values, codes } = midpoints[format];
      const given = narrowed(values);
      expect(codes.filter((code, i) => given[i] !== code)).toEqual([]);
    });

    test('a sample of all float32 numbers, and any number of them', () => {
      const given = narrowed(sample);
      expect([...given].filter((code, i) => !Number.isNaN(sample[i]) && code !== sampled[format]![i])).toEqual([]);
      expect([...given].filter((code, i) => Number.isNaN(sample[i]) && !isNaNCode(format, code))).toEqual([]);
      for (const count of [0, 1, 3, 7, 8, 9, 8191, 8193]) {
        expect([...narrowed(sample.slice(0, count))]).toEqual([...given.subarray(0, count)]);
        expect([...widened(all.slice(0, count))]).toEqual([...widened(all).subarray(0, count)]);
      }
    });

    test('products pass infinities and NaN on, and subnormal numbers', () => {
      const [n, k] = [40, 12];
      const special = [Infinity, NaN, -Infinity, 2 ** -24, -(2 ** -20), 2 ** -14];
      for (const [m, transposeB] of [
        [1, false],
        [1, true],
        [3, false],
        [3, true],
      ] as const) {
        special.forEach((value, at) => {
          const b = floats(k * n, 2).map((x) => valueOfHalf(format, codeOfHalf(format, x)));
          b[7 * at + 3] = value;
          const a = floats(m * k, 1);
          const blocks = new Blocks(kernels());
          const c = blocks.place(new Float32Array(m * n));
          const codes = Uint16Array.from(b, (x) => codeOfHalf(format, x));
          gemm(kernels(), {
            a: blocks.place(a),
            b: blocks.place(bytesOf(codes)),
            c,
            m,
            n,
            k,
            transposeB,
            stored: [storedFormats[format], 0],
          });
          const expected = referenceGemm({ m, n, k, transposeA: false, transposeB }, a, b);
          expect(blocks.read(c, new Float32Array(m * n))).toBeAllclose(expected, { rtol: 1e-5, atol: 1e-5, equalNaN: true });
          blocks.release();
        });
      }
    });

    test.for([
      [1, 1, 1],
      [1, 33, 20],
      // One row: pieces of rows, a row by itself, rows shared out in parts.
      [1, 9, 2100],
      [1, 2100, 9],
      [1, 1030, 257],
      [5, 17, 9],
      [7, 16, 8],
      [64, 50, 130],
      [130, 70, 600],
    ] as const)('products [%i, %i], k = %i, with a right side of 16 bits are those with its values', ([m, n, k]) => {
      for (const transposeB of [false, true]) {
        const [a, bias] = [floats(m * k, 1), floats(n, 3)];
        const codes = Uint16Array.from(floats(k * n, 2), (value) => codeOfHalf(format, value));
        const b = Float32Array.from(codes, (code) => valueOfHalf(format, code));
        const blocks = new Blocks(kernels());
        const c = blocks.place(new Float32Array(m * n).fill(NaN));
        gemm(kernels(), {
          a: blocks.place(a),
          b: blocks.place(bytesOf(codes)),
          c,
          m,
          n,
          k,
          transposeB,
          stored: [storedFormats[format], 0],
          bias: blocks.place(bias),
          activation: 'relu',
        });
        const given = blocks.read(c, new Float32Array(m * n));
        blocks.release();
        const exact = (x: Float32Array, y: Float32Array, z?: Float32Array) =>
          Float64Array.from(referenceGemm({ m, n, k, transposeA: false, transposeB, ...(z ? { bias: z, activation: 'relu' } : {}) }, x, y));
        const scale = exact(a.map(Math.abs), b.map(Math.abs)).map((value) => value + 4);
        expectSums(given, exact(a, b, bias), scale, k, `${m}x${n}x${k}`);
      }
    });
  });
});
