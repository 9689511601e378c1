import { beforeAll, describe, expect, test } from 'vitest';
import { enable } from '../../src/index.ts';
import { referenceRound, referenceRoundBlocks, type RoundingCounts } from '../../src/kernels/reference/storage/round.ts';
import { roundFloats } from '../../src/kernels/storage/round.ts';
import { int8Fractions, type NonFinite, type SmallFloat } from '../../src/kernels/storage/small-float.ts';
import { philox } from '../../src/random/philox.ts';
import { inEveryCombination } from './combinations.ts';
import { Blocks } from './memory.ts';
import { edgeValues, floats } from './values.ts';

/** A format by its widths, as IEEE 754 and the OCP's documents derive its numbers. */
function small(exponentBits: number, mantissaBits: number, nonFinite: NonFinite = 'ieee'): SmallFloat {
  const bias = 2 ** (exponentBits - 1) - (nonFinite === 'fnuz' ? 0 : 1);
  const top = 2 ** exponentBits - 1 - (nonFinite === 'ieee' ? 1 : 0) - bias;
  const max = (2 - 2 ** -mantissaBits - (nonFinite === 'fn' ? 2 ** -mantissaBits : 0)) * 2 ** top;
  return { mantissaBits, max, leastNormal: 2 ** (1 - bias), least: 2 ** (1 - bias - mantissaBits), nonFinite };
}

const formats: Readonly<Record<string, SmallFloat>> = {
  float16: small(5, 10),
  bfloat16: small(8, 7),
  e4m3fn: small(4, 3, 'fn'),
  e5m2: small(5, 2),
  e4m3fnuz: small(4, 3, 'fnuz'),
  e5m2fnuz: small(5, 2, 'fnuz'),
  e2m3: small(2, 3, 'finite'),
  e3m2: small(3, 2, 'finite'),
  e2m1: small(2, 1, 'finite'),
  e8m0: small(8, 0),
  e4m0: small(4, 0, 'finite'),
  e8m22: small(8, 22),
  e3m12: small(3, 12),
};

/** All numbers of a format from 0 up, at most so many; then, through the float32 numbers beside them, what is halfway and next to that. */
function probes({ mantissaBits, max, leastNormal, least }: SmallFloat): Float32Array {
  const values: number[] = [0];
  for (let value = least; value <= max && values.length < 70000;) {
    values.push(value);
    value += value < leastNormal ? least : 2 ** (Math.floor(Math.log2(value)) - mantissaBits);
  }
  const step = max - (values.at(-2) as number);
  const halfway = values.map((value, i) => (value + (values[i + 1] ?? value + step)) / 2);
  const near = Float32Array.from([...halfway, max + step, 1.5 * max]);
  const words = new Int32Array(near.buffer);
  const beside = [-1, 1].map((by) => new Float32Array(words.map((word) => word + by).buffer));
  const positive = [...values, ...near, ...beside[0]!, ...beside[1]!];
  return Float32Array.from([...positive, ...positive.map((value) => -value), ...edgeValues]);
}

/** What differs, NaN being NaN whatever its bits. */
function differing(given: Float32Array, expected: Float32Array, x: Float32Array): unknown[] {
  return [...given].flatMap((value, i) => (Object.is(value, expected[i]) ? [] : [{ x: x[i], value, expected: expected[i] }])).slice(0, 5);
}

const inputs = Object.entries(formats).map(([name, format]) => {
  const x = probes(format);
  const twins = [false, true].map((saturate): { y: Float32Array; counts: RoundingCounts } => {
    const y = x.slice();
    const counts = referenceRound(y, format, saturate);
    return { y, counts };
  });
  return { name, format, x, twins };
});

inEveryCombination((kernels) => {
  beforeAll(async () => (await enable()).load('storage'));

  const rounded = (
    x: Float32Array,
    call: {
      format: SmallFloat;
      saturate?: boolean;
      after?: number;
      key?: readonly [number, number];
      blocks?: { width: number; size: number };
    },
  ): { y: Float32Array; counts: RoundingCounts } => {
    const blocks = new Blocks(kernels());
    const to = blocks.place(new Float32Array(x.length).fill(7));
    const counts = roundFloats(kernels(), { x: blocks.place(x), to, count: x.length, saturate: false, after: 1, ...call });
    const y = blocks.read(to, new Float32Array(x.length));
    blocks.release();
    return { y, counts };
  };

  test.each(inputs)('$name: all numbers, all midpoints and what is next to them, bit for bit, and the counts', ({ format, x, twins }) => {
    for (const saturate of [false, true]) {
      const { y, counts } = rounded(x, { format, saturate });
      const expected = twins[Number(saturate)]!;
      expect(differing(y, expected.y, x)).toEqual([]);
      expect(counts).toEqual(expected.counts);
    }
  });

  test('at random: number by number as the twin with the same bits', () => {
    for (const [name, format] of Object.entries(formats)) {
      const key = [123, name.length] as const;
      for (const count of [1, 65, 4097, 9000]) {
        const x = floats(count, count).map((value, i) => value * 2 ** (((i * 7919) % 61) - 30));
        edgeValues.forEach((value, i) => (x[(i * 131) % count] = value));
        const words = new Uint32Array(Math.ceil(count / 64) * 32);
        philox(words, key, [0, 0, 0, 0]);
        const y = x.slice();
        const counts = referenceRound(y, format, false, new Uint16Array(words.buffer));
        const given = rounded(x, { format, key });
        expect(differing(given.y, y, x)).toEqual([]);
        expect(given.counts).toEqual(counts);
      }
    }
  });

  test('any number of numbers, and a factor behind', () => {
    const format = formats['e4m3fn']!;
    for (const count of [0, 1, 7, 8, 9, 63, 4095, 4096, 4097, 20001]) {
      const x = floats(count, count + 1, { scale: 300 });
      const y = x.slice();
      const counts = referenceRound(y, format, false);
      const given = rounded(x, { format, after: 0.125 });
      expect(given.y).toEqual(y.map((value) => value * 0.125));
      expect(given.counts).toEqual(counts);
    }
  });

  describe.each([
    ['e2m1', formats['e2m1']!],
    ['e4m3fn', formats['e4m3fn']!],
    ['e3m2', formats['e3m2']!],
    ['float16', formats['float16']!],
    ['int8', int8Fractions],
  ] as const)('blocks of %s', (_name, element) => {
    test.each([
      [1, 32, 1],
      [3, 32, 32],
      [9, 40, 32],
      [200, 33, 16],
      [7, 130, 8],
      [2, 5000, 32],
      [11, 13, 5],
      [300, 64, 64],
    ])('%d rows of %d in blocks of %d', (rows, width, size) => {
      const x = floats(rows * width, width, { scale: 3 });
      x.forEach((value, i) => (x[i] = value * 2 ** (((i * 7919) % 41) - 20)));
      // Blocks of zeros, of tiny and huge numbers, and of what isn't finite.
      x.fill(0, 0, Math.min(size, width));
      if (rows > 2) x.fill(1e-42, width, width + Math.min(size, width));
      if (rows > 2) x.set([3e38, -1e-3], 2 * width);
      if (rows > 6) x.set([NaN], 4 * width + (width >> 1));
      if (rows > 6) x.set([-Infinity], 6 * width - 1);
      const y = x.slice();
      const counts = referenceRoundBlocks(y, width, element, size);
      const given = rounded(x, { format: element, blocks: { width, size } });
      expect(differing(given.y, y, x)).toEqual([]);
      expect(given.counts).toEqual(counts);
    });
  });
});
