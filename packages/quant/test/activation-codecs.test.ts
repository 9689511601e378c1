import { random } from '@x/tensor';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { boundedCodec, boundForGradientError, stochasticCodec } from '../src/index.ts';
import { useBackend } from './backends.ts';
import { through } from './through-codec.ts';

beforeAll(() => useBackend('x'));

describe('stochastic rounding of activations', () => {
  test.each([2, 4, 8] as const)('%d bits are right on average, within 4 standard errors', (bits) => {
    const codec = stochasticCodec({ bits, group: 64 });
    const x = random.normal(random.key(3), [256]).dataSync() as Float32Array;
    const draws = 400;
    const sums = new Float64Array(x.length);
    for (let draw = 0; draw < draws; draw++)
      through(codec, x, random.fold(random.key(4), draw)).back.forEach((value, i) => (sums[i]! += value - x[i]!));
    // A number between two steps goes to one or the other: a coin of probability p, whose variance is known.
    const variances = Float64Array.from(x, (value, i) => {
      const group = x.subarray(Math.floor(i / 64) * 64, Math.floor(i / 64) * 64 + 64);
      const step = (Math.max(...group) - Math.min(...group)) / (2 ** bits - 1);
      const place = (value - Math.min(...group)) / step;
      const p = place - Math.floor(place);
      return draws * step ** 2 * p * (1 - p);
    });
    const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);
    expect(Math.abs(total(sums))).toBeLessThan(4 * Math.sqrt(total(variances)));
    // What float32 makes of the ends of a range.
    const exactness = draws * 1e-6;
    expect(sums.filter((sum, i) => Math.abs(sum) > 4 * Math.sqrt(variances[i]!) + exactness).length).toBeLessThanOrEqual(1);
  });

  test('takes the bytes it says, for any size, and keeps constants', () => {
    for (const size of [1, 7, 64, 65, 1000]) {
      const constant = new Float32Array(size).fill(3);
      const { back, bytes } = through(stochasticCodec({ bits: 2, group: 256 }), constant);
      expect(bytes).toBe(8 * Math.ceil(size / 256) + 16 * Math.ceil(size / 64));
      expect(back).toEqual(constant);
    }
    expect(() => stochasticCodec({ bits: 3 as never })).toThrow(/bits is "3"/);
    expect(() => stochasticCodec({ group: 32 })).toThrow(/group \/ 64 is 0.5/);
  });
});

describe('error-bounded compression', () => {
  test('never exceeds its bound and keeps zeros', () => {
    fc.assert(
      fc.property(
        fc.float32Array({ noNaN: true, noDefaultInfinity: true, min: -1000, max: 1000 }),
        fc.double({ min: 2e-6, max: 10, noNaN: true }),
        (x, bound) => {
          const codec = boundedCodec(bound);
          const { back } = through(codec, x);
          expect(back).toHaveLength(x.length);
          x.forEach((value, i) => {
            expect(Math.abs(value - back[i]!)).toBeLessThanOrEqual(bound);
            if (value === 0) expect(back[i]! + 0).toBe(0);
          });
        },
      ),
      { numRuns: 300 },
    );
    expect(() => boundedCodec(0)).toThrow(/bound is 0/);
    expect(() => through(boundedCodec(1), Float32Array.of(1, NaN))).toThrow(/x has NaN at element 1/);
    // What no step of this size reaches stays as it is.
    expect(through(boundedCodec(1e-12), Float32Array.of(1, -0.3)).back).toEqual(Float32Array.of(1, -0.3));
  });

  test('zeros of rectifiers cost next to nothing', () => {
    const x = Float32Array.from({ length: 64 * 100 }, (_, i) => (i % 640 < 64 ? Math.sin(i) : 0));
    // Two chunks' places, a byte a block, and 7 bits and signs of those that aren't 0.
    expect(through(boundedCodec(0.01), x).bytes).toBe(2 * 4 + 100 + 10 * 8 * 7);
  });

  test('the gradient’s error follows the law bound / √3 · √Σδ²', () => {
    const [rows, inputs, units, bound] = [128, 200, 30, 0.05];
    const x = random.normal(random.key(5), [rows, inputs]).dataSync() as Float32Array;
    const delta = random.normal(random.key(6), [rows, units]).dataSync();
    const codec = boundedCodec(bound);
    const { back } = through(codec, x);
    let [observed, expected] = [0, 0];
    for (let unit = 0; unit < units; unit++) {
      let squares = 0;
      for (let row = 0; row < rows; row++) squares += delta[row * units + unit]! ** 2;
      expected += (bound ** 2 / 3) * squares * inputs;
      for (let input = 0; input < inputs; input++) {
        let error = 0;
        for (let row = 0; row < rows; row++) error += (back[row * inputs + input]! - x[row * inputs + input]!) * delta[row * units + unit]!;
        observed += error ** 2;
      }
      expect(boundForGradientError((bound / Math.sqrt(3)) * Math.sqrt(squares), squares)).toBeCloseTo(bound, 10);
    }
    expect(Math.abs(Math.sqrt(observed / expected) - 1)).toBeLessThan(0.05);
  });
});
