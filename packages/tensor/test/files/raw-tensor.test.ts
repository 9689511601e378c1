import * as tf from '@tensorflow/tfjs-core';
import { expectNoLeak } from '@x-tooling/testing';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { decodeSafetensors, encodeSafetensors, packRaw, rawToTensor, unpackRaw, type SafetensorsDtype } from '../../src/index.ts';
import { useBackend } from '../backends.ts';
import { golden } from '../golden/golden.ts';

beforeAll(() => useBackend('cpu'));

interface HalfGolden {
  readonly values: readonly number[];
  readonly F16: readonly number[];
  readonly BF16: readonly number[];
}

const bits = (dtype: SafetensorsDtype, values: number[], saturate = false): number[] => {
  const { bytes } = packRaw(dtype, [values.length], values, { saturate });
  return dtype.endsWith('16') ? [...new Uint16Array(bytes.buffer)] : [...bytes];
};
const allCodes = (count: number): number[] => Array.from({ length: count }, (_, code) => code);
const decoded = (dtype: SafetensorsDtype, codes: number[]): Float32Array =>
  unpackRaw({
    dtype,
    shape: [codes.length],
    bytes: dtype.endsWith('16') ? new Uint8Array(Uint16Array.from(codes).buffer) : Uint8Array.from(codes),
  }) as Float32Array;

describe('floats of 16 bits', () => {
  test('F16: each of the 65,536 codes has the value the engine gives it, and comes back', () => {
    const codes = allCodes(65_536);
    const view = new DataView(Uint16Array.from(codes).buffer);
    const values = decoded('F16', codes);
    expect(values).toEqual(Float32Array.from(codes, (_, i) => view.getFloat16(2 * i, true)));
    const back = bits('F16', [...values]);
    for (const code of codes) if (!Number.isNaN(values[code])) expect(back[code]).toBe(code);
    // Few codes are decoded without a table.
    expect(decoded('F16', [0x3c00, 1, 0xfbff])).toEqual(Float32Array.of(1, 2 ** -24, -65504));
  });

  test('F16: any double is rounded as the engine rounds it, once', () => {
    fc.assert(
      fc.property(fc.double({ min: -70000, max: 70000, noNaN: true }), fc.nat(65_535), (value, code) => {
        const view = new DataView(new ArrayBuffer(2));
        view.setUint16(0, code);
        const [at, next] = [view.getFloat16(0), (view.setUint16(0, code ^ 1), view.getFloat16(0))];
        // A value, and one that is a tie or close to one.
        for (const each of [value, (at + next) / 2, ((at + next) / 2) * (1 + 2 ** -40)]) {
          if (Number.isNaN(each)) continue;
          view.setFloat16(0, each);
          expect(bits('F16', [each])).toEqual([view.getUint16(0)]);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('BF16: each code is the upper half of a float32, and comes back', () => {
    const codes = allCodes(65_536);
    const values = decoded('BF16', codes);
    expect(values).toEqual(new Float32Array(Uint32Array.from(codes, (code) => code << 16).buffer));
    const back = bits('BF16', [...values]);
    for (const code of codes) if (!Number.isNaN(values[code])) expect(back[code]).toBe(code);
  });

  test("both are rounded as PyTorch rounds them, ties and what's too large among them", () => {
    const { values, F16, BF16 } = golden<HalfGolden>('half');
    const floats = [...new Float32Array(Uint32Array.from(values).buffer)];
    expect(bits('F16', floats)).toEqual(F16);
    expect(bits('BF16', floats)).toEqual(BF16);
  });

  test('what is no number stays so; what is too large saturates if asked to', () => {
    for (const dtype of ['F16', 'BF16', 'F8_E4M3', 'F8_E5M2', 'F8_E4M3FNUZ', 'F8_E5M2FNUZ'] as const)
      expect([...(unpackRaw(packRaw(dtype, [2], [Number.NaN, -Number.NaN])) as Float32Array)]).toEqual([Number.NaN, Number.NaN]);
    expect(unpackRaw(packRaw('F16', [3], [65519, 65520, -Infinity]))).toEqual(Float32Array.of(65504, Infinity, -Infinity));
    expect(unpackRaw(packRaw('F16', [2], [1e9, -Infinity], { saturate: true }))).toEqual(Float32Array.of(65504, -65504));
    expect(unpackRaw(packRaw('BF16', [1], [Number.MAX_VALUE]))).toEqual(Float32Array.of(Infinity));
  });
});

// Table 1 of arXiv 2209.05433: bits as S.EEEE.MMM and S.EEEEE.MM.
describe('floats of 8 bits', () => {
  test.each<[SafetensorsDtype, Record<string, number>]>([
    [
      'F8_E4M3',
      {
        '01111110': 448,
        '00001000': 2 ** -6,
        '00000111': 0.875 * 2 ** -6,
        '00000001': 2 ** -9,
        '00000000': 0,
        '01111111': NaN,
        '11111111': NaN,
      },
    ],
    [
      'F8_E5M2',
      {
        '01111011': 57344,
        '00000100': 2 ** -14,
        '00000011': 0.75 * 2 ** -14,
        '00000001': 2 ** -16,
        '01111100': Infinity,
        '11111100': -Infinity,
        '01111101': NaN,
        '01111111': NaN,
      },
    ],
    ['F8_E4M3FNUZ', { '01111111': 240, '00000001': 2 ** -10, '10000000': NaN, '00000000': 0, '11111111': -240 }],
    ['F8_E5M2FNUZ', { '01111111': 57344, '00000001': 2 ** -17, '10000000': NaN, '00000000': 0 }],
  ])('%s has the values of its definition', (dtype, table) => {
    for (const [code, value] of Object.entries(table)) expect([code, ...decoded(dtype, [Number.parseInt(code, 2)])]).toEqual([code, value]);
  });

  test.each<SafetensorsDtype>(['F8_E4M3', 'F8_E5M2', 'F8_E4M3FNUZ', 'F8_E5M2FNUZ'])(
    '%s: every code comes back, and values between two go to the nearer, ties to the even code',
    (dtype) => {
      const codes = allCodes(256);
      const values = decoded(dtype, codes);
      const back = bits(dtype, [...values]);
      for (const code of codes) if (!Number.isNaN(values[code])) expect(back[code]).toBe(code);
      for (let code = 0; code < 127; code++) {
        const [low, high] = [values[code]!, values[code + 1]!];
        if (!Number.isFinite(high) || !Number.isFinite(low)) continue;
        const middle = (low + high) / 2;
        expect(bits(dtype, [middle - (high - low) / 8, middle, middle + (high - low) / 8])).toEqual([
          code,
          code % 2 ? code + 1 : code,
          code + 1,
        ]);
        if (low > 0) expect(bits(dtype, [-middle])).toEqual([128 + (code % 2 ? code + 1 : code)]);
      }
    },
  );

  test('too large: NaN where there is no infinity, the largest value if asked to', () => {
    expect(decoded('F8_E4M3', bits('F8_E4M3', [464, 464.01, -1e9]))).toEqual(Float32Array.of(448, NaN, NaN));
    expect(decoded('F8_E4M3', bits('F8_E4M3', [464.01, -1e9], true))).toEqual(Float32Array.of(448, -448));
    expect(decoded('F8_E5M2', bits('F8_E5M2', [61439, 61440, -Infinity]))).toEqual(Float32Array.of(57344, Infinity, -Infinity));
    expect(decoded('F8_E4M3FNUZ', bits('F8_E4M3FNUZ', [-0, -1e-9, 1e9]))).toEqual(Float32Array.of(0, 0, NaN));
  });
});

const wide = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const cases: readonly [SafetensorsDtype, fc.Arbitrary<number | bigint>][] = [
  ['BOOL', fc.nat(1)],
  ['U8', fc.nat(255)],
  ['I8', fc.integer({ min: -128, max: 127 })],
  ['I16', fc.integer({ min: -32768, max: 32767 })],
  ['U16', fc.nat(65_535)],
  ['I32', fc.integer()],
  ['U32', fc.nat(2 ** 32 - 1)],
  ['F32', fc.float({ noNaN: true })],
  ['F64', fc.double({ noNaN: true })],
  ['I64', wide],
  ['U64', wide.map((value) => value + 2n ** 63n)],
  ['F16', fc.integer({ min: -2048, max: 2048 })],
  ['BF16', fc.integer({ min: -256, max: 256 })],
  ['F8_E4M3', fc.integer({ min: -16, max: 16 })],
  ['F8_E5M2', fc.integer({ min: -8, max: 8 })],
];

test.each(cases)('%s is written and read, value by value', async (dtype, value) => {
  await fc.assert(
    fc.asyncProperty(fc.array(value, { maxLength: 9 }), async (values) => {
      const bytes = await encodeSafetensors({ odd: packRaw('U8', [1], [1]), x: packRaw(dtype, [values.length], values as number[]) });
      const { tensors, raw } = decodeSafetensors(bytes);
      const x = raw['x'] ? unpackRaw(raw['x']) : tensors['x']!.dataSync();
      expect([...x].map((each) => (Object.is(each, -0) ? 0 : each))).toEqual(values.map((each) => (Object.is(each, -0) ? 0 : each)));
      tf.dispose(Object.values(tensors));
    }),
    { numRuns: 50 },
  );
});

test('raw tensors become tensors where their values fit', () => {
  expectNoLeak(() => {
    const check = (dtype: SafetensorsDtype, values: number[] | bigint[], wanted: string, expected: number[]): void => {
      const made = rawToTensor(packRaw(dtype, [values.length], values as number[]));
      expect([made.dtype, ...made.dataSync()]).toEqual([wanted, ...expected]);
      made.dispose();
    };
    check('F16', [0.1], 'float32', [0.0999755859375]);
    check('F64', [0.1], 'float32', [Math.fround(0.1)]);
    check('I8', [-128, 127], 'int32', [-128, 127]);
    check('U16', [65535], 'int32', [65535]);
    check('I64', [-5n, 2147483647n], 'int32', [-5, 2147483647]);
    check('BOOL', [1, 0], 'bool', [1, 0]);
    expect(() => rawToTensor(packRaw('I64', [2], [1n, 2147483648n]))).toThrow('value 1 of I64[2] is 2147483648, which int32');
    expect(() => rawToTensor(packRaw('U32', [1], [2 ** 31]))).toThrow('which int32');
    expect(() => rawToTensor(packRaw('C64', [1], new Uint8Array(8)))).toThrow('no array holds the values of C64');
  });
});

test('a tensor made of a raw one does not share its memory', async () => {
  const raw = packRaw('F32', [2], [1, 2]);
  const made = rawToTensor(raw);
  new Float32Array(raw.bytes.buffer)[0] = 9;
  expect(made.dataSync()[0]).toBe(1);
  made.dispose();
});

test("what a dtype can't hold is refused", () => {
  expect(() => packRaw('I8', [1], [128])).toThrow('values[0] is 128, which I8');
  expect(() => packRaw('U8', [2], [1, 1.5])).toThrow('values[1] is 1.5, which U8');
  expect(() => packRaw('BOOL', [1], [2])).toThrow('which BOOL');
  expect(() => packRaw('I32', [1], [Number.NaN])).toThrow('values[0] is NaN');
  expect(() => packRaw('U64', [1], [-1n])).toThrow('values[0] is -1');
  expect(() => packRaw('I64', [1], [1])).toThrow('must be BigInts');
  expect(() => packRaw('F16', [1], [1n])).toThrow('must be numbers');
  expect(() => packRaw('F4', [2], [1, 2])).toThrow('must be bytes');
  expect(() => packRaw('F4', [3], Uint8Array.of(1))).toThrow('ends inside a byte');
  expect(() => packRaw('F32', [2], [1])).toThrow('values take 4 bytes, but F32[2] takes 8');
  expect(() => packRaw('F33' as never, [1], [1])).toThrow('dtype is "F33"');
  expect(() => packRaw('F32', [-1], [1])).toThrow('shape is [-1]');
  expect(() => packRaw('F32', [1], undefined as never)).toThrow('values is undefined');
});
