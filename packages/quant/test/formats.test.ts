import { dispose, tensor1d } from '@tensorflow/tfjs-core';
import { roundTensor } from '@x/tensor/storage';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  decodeE8M0,
  decodeFloat,
  decodeFloats,
  dynamicMap,
  encodeE8M0,
  encodeFloat,
  encodeFloats,
  floatFormat,
  formats,
  fromMicroscaling,
  fromNf4,
  nf4Values,
  roundFloats,
  roundToFormat,
  toMicroscaling,
  toNf4,
  type FloatFormat,
} from '../src/index.ts';
import { useBackend } from './backends.ts';
import golden from './golden/formats.json' with { type: 'json' };

beforeAll(() => useBackend('x'));

const float = new Float32Array(1);
const word = new Int32Array(float.buffer);

/** The next float32 number above (1) or below (-1). */
function neighbor(x: number, direction: 1 | -1): number {
  float[0] = x;
  if (x === 0) return direction * 2 ** -149;
  word[0]! += direction * Math.sign(x);
  return float[0]!;
}

const all: readonly FloatFormat[] = Object.values(formats);
const small = all.filter(({ exponentBits, mantissaBits }) => exponentBits + mantissaBits < 8);

describe.each(small)('$name against ml_dtypes', (format) => {
  const { decoded, encoded } = golden.formats[format.name as keyof typeof golden.formats];

  test('all codes', () => {
    expect(decoded.map((_, code) => decodeFloat(code, format))).toEqual(decoded.map(Number));
  });

  test('all midpoints, their neighbours, and what is beyond', () => {
    const finite = [
      ...new Set(
        decoded
          .map(Number)
          .filter((x) => Number.isFinite(x))
          .map((x) => x + 0),
      ),
    ].sort((a, b) => a - b);
    const middles = finite.slice(1).map((x, i) => (x + finite[i]!) / 2);
    const step = finite.at(-1)! - finite.at(-2)!;
    const half = finite.at(-1)! + step / 2;
    const beyond = [half, neighbor(half, 1), finite.at(-1)! + step, Math.fround(1e30)];
    const inputs = [
      ...middles,
      ...middles.map((x) => neighbor(x, -1)),
      ...middles.map((x) => neighbor(x, 1)),
      ...beyond,
      ...beyond.map((x) => -x),
    ];
    expect(inputs.length).toBe(encoded.length);
    // Which of the NaNs is meant has no meaning.
    const meant = (code: number): number => (Number.isNaN(decodeFloat(code, format)) ? -1 : code);
    expect(inputs.map((x) => meant(encodeFloat(x, format)))).toEqual(encoded.map(meant));
  });
});

describe.each(all)('$name', (format) => {
  const codes = 2 ** (1 + format.exponentBits + format.mantissaBits);

  test('every code is what its number encodes to', () => {
    for (let code = 0; code < codes; code++) {
      const value = decodeFloat(code, format);
      if (!Number.isNaN(value) && encodeFloat(value, format) !== code)
        expect.fail(`${code} decodes to ${value}, which encodes to ${encodeFloat(value, format)}`);
    }
    expect(decodeFloats(encodeFloats([1, -0.5], format), format)).toEqual(Float32Array.of(1, -0.5));
  });

  test('every midpoint goes to the even code, its neighbours to theirs', () => {
    for (let code = 0; code + 1 < codes / 2; code++) {
      const below = decodeFloat(code, format);
      const above = decodeFloat(code + 1, format);
      if (!Number.isFinite(below) || !Number.isFinite(above)) continue;
      const middle = (below + above) / 2;
      const even = code % 2 === 0 ? below : above;
      if (
        roundToFormat(middle, format) !== even ||
        roundToFormat(-middle, format) !== -even + (even === 0 && format.nonFinite === 'fnuz' ? 0 : -0)
      ) {
        if (!(even === 0)) expect.fail(`${middle} rounds to ${roundToFormat(middle, format)}, not ${even}`);
      }
      if (roundToFormat(middle, format, { rounding: 'half-away' }) !== above) expect.fail(`${middle} rounds away to ${above}`);
      if (roundToFormat(middle, format, { rounding: 'toward-zero' }) !== below) expect.fail(`${middle} is cut to ${below}`);
      if (roundToFormat(-middle, format, { rounding: 'floor' }) !== -above) expect.fail(`${-middle} has the floor ${-above}`);
      if (roundToFormat(middle * (1 + 2 ** -40), format) !== above) expect.fail(`above ${middle} is ${above}`);
      if (roundToFormat(middle * (1 - 2 ** -40), format) !== below) expect.fail(`below ${middle} is ${below}`);
    }
    expect(roundToFormat(0, format)).toBe(0);
  });

  test('too large numbers and infinity saturate, or become what the format has for them', () => {
    const beyond = format.max * 2;
    const infinite = format.nonFinite === 'ieee' ? Infinity : Number.NaN;
    expect(roundToFormat(beyond, format, { saturate: true })).toBe(format.max);
    expect(roundToFormat(-beyond, format, { saturate: true })).toBe(-format.max);
    expect(roundToFormat(beyond, format)).toBe(format.nonFinite === 'finite' ? format.max : infinite);
    expect(roundToFormat(Infinity, format, { saturate: true })).toBe(format.nonFinite === 'fnuz' ? Number.NaN : format.max);
    expect(Number.isNaN(roundToFormat(Number.NaN, format))).toBe(format.nonFinite !== 'finite');
  });
});

test.each([...all, floatFormat(3, 1), floatFormat(5, 3, { nonFinite: 'finite' }), floatFormat(8, 22)])(
  '$name: the rounding of tensors by kernels is that of each number',
  (format) => {
    let state = 99;
    const words = Int32Array.from({ length: 20000 }, () => (state = (Math.imul(state, 1664525) + 1013904223) | 0));
    const codes = Array.from({ length: 2 ** Math.min(10, 1 + format.exponentBits + format.mantissaBits) }, (_, code) =>
      decodeFloat(code, format),
    );
    const middles = codes.flatMap((x, i) => (i === 0 ? [] : [(x + codes[i - 1]!) / 2]));
    const special = [
      0,
      -0,
      Infinity,
      -Infinity,
      Number.NaN,
      3.4028234663852886e38,
      1e-45,
      format.max,
      format.max * 1.01,
      -format.max * 1.5,
    ];
    const values = Float32Array.from([
      ...new Float32Array(words.buffer),
      ...codes,
      ...middles,
      ...middles.map((x) => neighbor(x, 1)),
      ...special,
    ]);
    for (const saturate of [false, true]) {
      const x = tensor1d(values);
      const rounded = roundTensor(x, { format, saturate });
      const fast = rounded.tensor.dataSync();
      dispose([x, rounded.tensor]);
      expect(fast).toHaveLength(values.length);
      values.forEach((x, i) => {
        const slow = roundToFormat(x, format, { saturate });
        if (!Object.is(fast[i], slow)) expect.fail(`${x} becomes ${fast[i]}, not ${slow}`);
      });
    }
  },
);

test('ranges of the formats are the published ones', () => {
  const { float16, bfloat16, e4m3fn, e5m2, e4m3fnuz, e5m2fnuz, e2m3, e3m2, e2m1 } = formats;
  expect([e4m3fn, e5m2, e4m3fnuz, e5m2fnuz, e2m3, e3m2, e2m1, float16].map(({ max }) => max)).toEqual([
    448, 57344, 240, 57344, 7.5, 28, 6, 65504,
  ]);
  expect([e4m3fn, e5m2, float16].map(({ least }) => least)).toEqual([2 ** -9, 2 ** -16, 2 ** -24]);
  expect(bfloat16.max).toBe(Math.fround(3.3895313892515355e38));
});

test('half precision loses what mixed-precision training loses in it', () => {
  const half = (x: number): number => roundToFormat(x, formats.float16);
  expect(half(1 + 2 ** -11)).toBe(1);
  expect(half(1 + 1.01 * 2 ** -11)).toBe(1.0009765625);
  expect([half(2 ** -24), half(2 ** -25), half(2 ** -25 * 1.0001)]).toEqual([2 ** -24, 0, 2 ** -24]);
  expect([half(65519.99), half(65520)]).toEqual([65504, Infinity]);
});

test('a simulated format may have any widths', () => {
  const wide = floatFormat(8, 23);
  for (const x of [1 / 3, -Math.PI * 1e20, 1e-42, 3e38]) expect(roundToFormat(x, wide)).toBe(Math.fround(x));
  expect(encodeFloat(1 / 3, wide)).toBe(0x3eaaaaab);
  expect(roundFloats([1.3, 0.1], floatFormat(3, 1))).toEqual(Float32Array.of(1.5, 0.125));
  expect(() => floatFormat(12, 3)).toThrow(/exponentBits is 12/);
  expect(() => floatFormat(4, 60)).toThrow(/mantissaBits is 60/);
  expect(() => encodeFloats([1], floatFormat(11, 30))).toThrow(/42 bits/);
});

test('a microscaled block that holds NaN or infinity is NaN, wherever it stands', () => {
  for (const odd of [
    [Number.NaN, 1, 2],
    [1, Number.NaN, 2],
    [1, 2, Number.NaN],
    [-Infinity, Number.NaN, 3],
    [3, Infinity, 1],
  ]) {
    const blocks = toMicroscaling([...odd, 1], formats.e2m1, { block: 3 });
    expect(Array.from(blocks.exponents)).toEqual([Number.NaN, -2]);
    expect(Array.from(fromMicroscaling(blocks, { block: 3 }))).toEqual([Number.NaN, Number.NaN, Number.NaN, 1]);
  }
});

test('E8M0 holds powers of two and NaN', () => {
  for (let code = 0; code < 255; code++) expect(encodeE8M0(decodeE8M0(code))).toBe(code);
  expect(decodeE8M0(255)).toBeNaN();
  expect(decodeE8M0(127)).toBe(1);
  expect(encodeE8M0(3.99)).toBe(128);
  expect(encodeE8M0(Number.NaN)).toBe(255);
});

describe('microscaling', () => {
  test('shares ⌊log₂ max⌋ less the exponent of the element’s largest number', () => {
    const blocks = toMicroscaling([1, 3.3, -12, 0.1], formats.e2m1, { block: 4 });
    expect([...blocks.exponents]).toEqual([3 - 2]);
    expect([...blocks.elements]).toEqual([0.5, 1.5, -6, 0]);
    expect([...fromMicroscaling(blocks, { block: 4 })]).toEqual([1, 3, -12, 0]);
  });

  test.each([
    [formats.e3m2, 4],
    [formats.e2m3, 2],
    [formats.e4m3fn, 8],
    [formats.e5m2, 15],
    ['int8', 0],
  ] as const)('largest exponents are the specification’s %#', (element, largest) => {
    expect(toMicroscaling([1], element).exponents[0]! + largest).toBe(0);
  });

  test('rounding is a choice, and elements saturate', () => {
    expect([...toMicroscaling([4, 5, 1.25], formats.e2m1, { rounding: 'half-away' }).elements]).toEqual([4, 6, 1.5]);
    expect([...toMicroscaling([4, 5, 1.25], formats.e2m1).elements]).toEqual([4, 4, 1]);
    expect(toMicroscaling([7.9], formats.e2m1).elements[0]).toBe(6);
    expect(toMicroscaling([1.999], 'int8').elements[0]).toBe(1.984375);
  });

  test('a block that is not finite is NaN; zeros stay', () => {
    const { elements, exponents } = toMicroscaling([Infinity, 1, 0, 0], formats.e4m3fn, { block: 2 });
    expect([...elements]).toEqual([Number.NaN, Number.NaN, 0, 0]);
    expect(exponents[0]).toBeNaN();
    expect(() => toMicroscaling([1], formats.e2m1, { block: 0 })).toThrow(/block is 0/);
    expect(() => toMicroscaling([1], 'int4' as never)).toThrow(/element is "int4"/);
  });
});

test('NormalFloat has 16 values and keeps them', () => {
  expect(nf4Values).toHaveLength(16);
  const scaled = nf4Values.map((x) => x * 3);
  const blocks = toNf4(scaled, { block: 16 });
  expect([...blocks.codes]).toEqual(Array.from({ length: 16 }, (_, i) => i));
  expect(fromNf4(blocks, { block: 16 })).toEqual(scaled);
  expect([...fromNf4(toNf4([0, 0]))]).toEqual([0, 0]);
});

test('the dynamic map is bitsandbytes’', () => {
  const signed = dynamicMap();
  expect(signed).toHaveLength(256);
  expect(new Set(signed).size).toBe(256);
  expect(signed[0]).toBe(Math.fround(-0.99296875));
  expect([...signed.subarray(254)]).toEqual([Math.fround(0.99296875), 1]);
  const zero = signed.indexOf(0);
  expect([...signed.subarray(zero - 1, zero + 3)]).toEqual([-5.5e-7, 0, 5.5e-7, 3.25e-6].map(Math.fround));
  const unsigned = dynamicMap({ signed: false });
  expect(unsigned).toHaveLength(256);
  expect([...unsigned.subarray(0, 2)]).toEqual([0, Math.fround(3.25e-7)]);
});
