import { expect, test } from 'vitest';
import {
  frexp,
  inverseSquareRootMultiplier,
  inputRadius,
  multiplyByQuantizedMultiplier,
  multiplyWideByQuantizedMultiplier,
  quantizeMultiplier,
  requantizeFp32,
  roundHalfEven,
  roundingDivideByPowerOfTwo,
  saturatingRoundingDoublingHighMul,
  softmaxScaling,
} from '../src/index.ts';

const MIN = -(2 ** 31);
const MAX = 2 ** 31 - 1;

test.each([
  [0.25, 1073741824, -1],
  [0.5 - 5e-9, 2147483627, -1],
  [0.5 - 1e-10, 1073741824, 0],
  [0.5, 1073741824, 0],
  [0.75, 1610612736, 0],
  [1 - 1e-9, 2147483646, 0],
  [2 ** -31, 1073741824, -30],
  [0.99 * 2 ** -32, 0, 0],
  [2 ** -33, 0, 0],
  [1 + 1e-11, 1073741824, 1],
  [1.25, 1342177280, 1],
  [1.5, 1610612736, 1],
  [1.75, 1879048192, 1],
  [2 - 1e-9, 2147483647, 1],
  [2 - 1e-11, 1073741824, 2],
  [2, 1073741824, 2],
  [2 ** -32, 1073741824, -31],
  [123.45, 2071147315, 7],
])('the multiplier of %d is %d · 2^(%d - 31), as in TFLite’s tests', (real, multiplier, shift) => {
  expect(quantizeMultiplier(real)).toEqual({ multiplier, shift });
  const { multiplier: negated } = quantizeMultiplier(-real);
  expect(negated + multiplier).toBe(0);
});

test.each([
  [10000, 0.00097656, 10],
  [-10000, 0.00097656, -10],
  [MIN, 1e-5, -21475],
  [MAX, 1e-5, 21475],
  [10000, -0.00097656, -10],
  [MIN, -1e-5, 21475],
])('%d times %d is %d by two roundings', (x, real, product) => {
  expect(multiplyByQuantizedMultiplier(x, quantizeMultiplier(real))).toBe(product);
  if (real > 0) expect(multiplyByQuantizedMultiplier(x, quantizeMultiplier(real), { rounding: 'single' })).toBe(product);
});

test('wide sums are multiplied as TFLite does it', () => {
  expect(multiplyWideByQuantizedMultiplier(-(2n ** 47n), quantizeMultiplier(1e-5))).toBe(-1407385600n);
  expect(multiplyWideByQuantizedMultiplier(2n ** 47n - 1n, { multiplier: MAX, shift: -31 })).toBe(65534n);
});

test.each([
  [2 ** 30, 1, 1],
  [-(2 ** 30), 1, 0],
  [3 * 2 ** 29, 2, 2],
  [-3 * 2 ** 29, 2, -1],
  [-(2 ** 30), 3, -1],
  [2 ** 30, 3, 2],
  [MIN, MIN, 2147483647],
  [MAX, MAX, 2147483646],
  [MIN, MAX, -2147483647],
  [123456789, 987654321, 56779306],
  [-123456789, 987654321, -56779306],
])('the doubling high product of %d and %d is %d', (a, b, product) => {
  expect(saturatingRoundingDoublingHighMul(a, b)).toBe(product);
  expect(saturatingRoundingDoublingHighMul(b, a)).toBe(product);
});

test.each([
  [1, 1, 1],
  [-1, 1, -1],
  [2, 2, 1],
  [-2, 2, -1],
  [3, 1, 2],
  [-3, 1, -2],
  [6, 2, 2],
  [-6, 2, -2],
  [10, 2, 3],
  [-10, 2, -3],
  [MIN, 31, -1],
  [MAX, 31, 1],
])('%d / 2^%d rounds to %d, ties away from 0', (x, exponent, quotient) => {
  expect(roundingDivideByPowerOfTwo(x, exponent)).toBe(quotient);
});

test('the two roundings differ where the reference says', () => {
  const numbers = Array.from({ length: 13 }, (_, i) => i - 6);
  const quarter = quantizeMultiplier(0.25);
  expect(numbers.map((x) => multiplyByQuantizedMultiplier(x, quarter) + 0)).toEqual([-2, -1, -1, -1, -1, 0, 0, 1, 1, 1, 1, 2, 2]);
  expect(numbers.map((x) => multiplyByQuantizedMultiplier(x, quarter, { rounding: 'single' }) + 0)).toEqual([
    -1, -1, -1, -1, 0, 0, 0, 0, 1, 1, 1, 1, 2,
  ]);
  const odd = { multiplier: 1198541449, shift: -5 };
  expect(multiplyByQuantizedMultiplier(-4730, odd)).toBe(-83);
  expect(multiplyByQuantizedMultiplier(-4730, odd, { rounding: 'single' })).toBe(-82);
  expect(() => multiplyByQuantizedMultiplier(1, { multiplier: -1, shift: 0 }, { rounding: 'single' })).toThrow(/multiplier is -1/);
});

test('both roundings equal their definitions in whole numbers of any size', () => {
  let state = 12345;
  const next = (): number => (state = (Math.imul(state, 1664525) + 1013904223) | 0);
  for (let i = 0; i < 20_000; i++) {
    const x = next() >> (i % 24);
    const multiplier = 2 ** 30 + ((next() >>> 2) % 2 ** 30);
    const shift = -(i % 31) + 3;
    const product = BigInt(x) * BigInt(multiplier);
    const total = BigInt(31 - shift);
    expect(BigInt(multiplyByQuantizedMultiplier(x, { multiplier, shift }, { rounding: 'single' }))).toBe(
      BigInt.asIntN(32, (product + (1n << (total - 1n))) >> total),
    );
    const nudge = product >= 0n ? 1n << 30n : 1n - (1n << 30n);
    expect(BigInt(saturatingRoundingDoublingHighMul(x, multiplier))).toBe((product + nudge) / (1n << 31n));
  }
});

test.each([
  [0, 2147483647, 0],
  [1, 2147483647, 0],
  [2, 1518498372, 0],
  [3, 1239850284, 0],
  [4, 1073741828, 0],
  [100, 214748363, 0],
  [1e4, 343597361, 4],
  [1e6, 274877901, 7],
  [1e8, 219902323, 10],
  [2 ** 30, 268435457, 12],
  [MAX, 189812531, 12],
])('1/√%d is %d / 2^(31 + %d)', (x, multiplier, shift) => {
  expect(inverseSquareRootMultiplier(x)).toEqual({ multiplier, shift });
});

test('softmax scaling and radius are TFLite’s', () => {
  expect(inputRadius(4, 27)).toBe(15);
  expect(inputRadius(3, 27)).toBe(14);
  expect(inputRadius(3, 28)).toBe(7);
  expect(inputRadius(4, 2)).toBe(503316480);
  expect(softmaxScaling(1, 16, 4)).toEqual({ multiplier: 2147483647, shift: 31 });
  expect(softmaxScaling(1, 8, 4)).toEqual({ multiplier: 1073741824, shift: 31 });
});

test('float32 requantization equals the addition of 1.5 · 2^23 that kernels use', () => {
  const bits = new DataView(new ArrayBuffer(4));
  const magic = (sum: number, scale: number, zeroPoint: number): number => {
    const scaled = Math.fround(Math.fround(sum) * Math.fround(scale));
    const clamped = Math.min(Math.max(scaled, -128 - zeroPoint), 127 - zeroPoint);
    bits.setFloat32(0, Math.fround(clamped + 12582912));
    return bits.getInt32(0) - (0x4b400000 - zeroPoint);
  };
  for (let i = 0; i < 20_000; i++) {
    const sum = Math.imul(i, 2654435761) >> (i % 20);
    const scale = 2 ** -(i % 32) * 0.99;
    const zeroPoint = (i % 256) - 128;
    expect(requantizeFp32(sum, scale, { zeroPoint })).toBe(magic(sum, scale, zeroPoint));
  }
});

test('frexp is exact, also of subnormal numbers', () => {
  for (const x of [1, -0.75, 2 ** -1074, 2 ** -1022, Number.MAX_VALUE, 3 * 2 ** -1070, 123.45]) {
    const { mantissa, exponent } = frexp(x);
    expect(Math.abs(mantissa)).toBeGreaterThanOrEqual(0.5);
    expect(Math.abs(mantissa)).toBeLessThan(1);
    expect(mantissa * 2 ** Math.trunc(exponent / 2) * 2 ** (exponent - Math.trunc(exponent / 2))).toBe(x);
  }
});

test('ties go to the even number', () => {
  expect([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5].map((x) => roundHalfEven(x) + 0)).toEqual([-2, -2, 0, 0, 2, 2]);
});
