import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { disable, enable } from '../../src/index.ts';
import { adam8bitState, adam8bitStep } from '../../src/quant.ts';
import { dynamicCodes } from '../../src/kernels/quant/dynamic-map.ts';
import { float8Mean, float8Square, MOST_MEAN, MOST_SQUARE, placeOf } from '../../src/kernels/reference/quant/adam8-float.ts';
import { coding } from '../../src/kernels/reference/quant/adam8.ts';
import { backends, useBackend } from '../backends.ts';
import { floats } from '../kernels/values.ts';

test('the map is that of the paper’s authors', () => {
  const codes = dynamicCodes(true);
  expect(codes[0]).toBeCloseTo(-0.99296874, 7);
  expect([...codes.slice(126, 130)].map((value) => Number(value.toPrecision(3)))).toEqual([-5.5e-7, 0, 5.5e-7, 3.25e-6]);
  expect(codes[255]).toBe(1);
  expect(dynamicCodes(false)[1]).toBeCloseTo(3.25e-7, 12);
});

describe.each([true, false])('the code given to a number, signed %s', (signed) => {
  const codes = dynamicCodes(signed);
  const bounds = Float64Array.from({ length: 255 }, (_, code) => (codes[code]! + codes[code + 1]!) / 2);
  /** The nearest by search in double precision, of equally near ones the lower. */
  const nearest = (x: number): number => {
    let code = 0;
    for (let step = 128; step > 0; step >>= 1) if (x > bounds[code + step - 1]!) code += step;
    return code;
  };
  const scales = [1, 0.37, 3e-5, 1e-20, 1e-30, 7e12];

  test('is a number’s own code', () => {
    for (const scale of scales)
      expect(Array.from(codes, (value) => coding(Math.fround(scale), signed)(Math.fround(value * Math.fround(scale))))).toEqual(
        Array.from({ length: 256 }, (_, code) => code),
      );
  });

  test('is the nearest from one part in 2^19 of a bound on, and one of the two there', () => {
    let [wrong, checked] = [0, 0];
    for (const scale of scales.map(Math.fround)) {
      const code = coding(scale, signed);
      const check = (x: number, isNear: boolean): void => {
        if (Math.abs(x) > scale) return;
        const exact = nearest(x / scale);
        const given = code(x);
        if (isNear ? Math.abs(given - exact) > 1 : given !== exact) wrong++;
        checked++;
      };
      bounds.forEach((bound) => {
        for (let step = -300; step <= 300; step++) check(Math.fround(bound * scale * (1 + step / 2 ** 22)), Math.abs(step) < 8);
        for (let power = 18; power >= 4; power--)
          for (const sign of [-1, 1]) check(Math.fround(bound * scale * (1 + sign / 2 ** power)), false);
      });
      for (let i = 0; i < 100_000; i++) {
        const x = Math.fround(10 ** (-8 + (8 * i) / 100_000) * scale * (signed && i % 2 === 1 ? -1 : 1));
        const y = x / scale;
        const own = nearest(y);
        check(
          x,
          [bounds[own - 1], bounds[own]].some((bound) => Math.abs(y / (bound ?? 0) - 1) < 2 ** -19),
        );
      }
    }
    expect(checked).toBeGreaterThan(1e6);
    expect(wrong).toBe(0);
  });
});

const expected: Record<string, number[][]> = { dynamic: [], float8: [] };

describe.each(backends)('adam8bitStep on %s', (name) => {
  beforeAll(async () => {
    await useBackend(name);
    if (name !== 'cpu') await (await enable()).load('quant');
  });
  afterAll(disable);

  test.each(['dynamic', 'float8'] as const)(
    '%s: five steps give the same bits on every backend, near those of Adam, and leak nothing',
    (code) => {
      const before = tf.memory().numTensors;
      [1, 5, 256, 1000, 4099].forEach((size, index) => {
        const parameter = tf.tidy(() => tf.variable(tf.tensor1d(floats(size, index))));
        const start = parameter.dataSync().slice();
        const state = adam8bitState(size, { block: 64, code });
        const [m, v, w] = [new Float64Array(size), new Float64Array(size), Float64Array.from(start)];
        for (let step = 1; step <= 5; step++) {
          const gradient = tf.tensor1d(
            floats(size, index * 10 + 1, { scale: step }).map((value, i) =>
              i % 64 < 32 ? value : value * 10 ** -(i % (code === 'float8' ? 5 : 8)),
            ),
          );
          const g = gradient.dataSync();
          adam8bitStep(parameter, gradient, state, {
            ...{ code, block: 64, learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step, weightDecay: 0.01 },
          });
          for (let i = 0; i < size; i++) {
            m[i] = 0.9 * m[i]! + 0.1 * g[i]!;
            v[i] = 0.999 * v[i]! + 0.001 * g[i]! * g[i]!;
            const change = (0.01 / (1 - 0.9 ** step)) * (m[i]! / (Math.sqrt(v[i]! / (1 - 0.999 ** step)) + 1e-8));
            w[i] = w[i]! * (1 - 0.01 * 0.01) - change;
          }
          gradient.dispose();
        }
        const all = [parameter, ...Object.values(state)] as tf.Variable[];
        const given = all.flatMap((variable) =>
          [...variable.dataSync()].slice(0, variable.dtype === 'int32' ? Math.floor(size / 4) : size),
        );
        expected[code]![index] ??= given;
        expect(given).toEqual(expected[code]![index]);
        const moved = [...parameter.dataSync()];
        const error = Math.sqrt(moved.reduce((sum, value, i) => sum + (value - w[i]!) ** 2, 0) / size);
        const size2 = Math.sqrt(moved.reduce((sum, value, i) => sum + (value - start[i]!) ** 2, 0) / size);
        expect(error).toBeLessThan(0.2 * size2);
        tf.dispose(all);
      });
      expect(tf.memory().numTensors).toBe(before);
    },
  );

  test('float8: running means follow what changes them by less than half of what codes lie apart, to within that', () => {
    const size = 512;
    const numbers = { code: 'float8' as const, block: 128, learningRate: 1e-3, beta1: 0.99, beta2: 0.995, epsilon: 1e-8, weightDecay: 0 };
    const parameter = tf.tidy(() => tf.variable(tf.zeros([size])));
    const state = adam8bitState(size, numbers);
    const [m, v] = [new Float64Array(size), new Float64Array(size)];
    const sizes = Float32Array.from(floats(size, 3), (value, i) => (0.2 + Math.abs(value)) * 10 ** -(i % 3) * (i % 2 === 0 ? 1 : -1));
    for (let step = 1; step <= 500; step++) {
      // From step 200 on every third is a third as large: its mean shrinks by 0.4 % and less of itself a step, where codes lie 6 to 12 % apart.
      const gradient = tf.tensor1d(sizes.map((value, i) => (step > 200 && i % 3 === 1 ? value / 3 : value)));
      gradient.dataSync().forEach((g, i) => {
        m[i] = 0.99 * m[i]! + 0.01 * g;
        v[i] = 0.995 * v[i]! + 0.005 * g * g;
      });
      adam8bitStep(parameter, gradient, state, { ...numbers, step });
      gradient.dispose();
    }
    const read = (codes: tf.Variable, scales: tf.Variable, of: (code: number) => number, most: number): number[] => {
      const bytes = new Uint8Array((codes.dataSync() as Int32Array<ArrayBuffer>).buffer.slice(0));
      const largest = scales.dataSync();
      return Array.from({ length: size }, (_, i) => (of(bytes[placeOf(i)]!) * largest[i >> 7]!) / most);
    };
    const errors = (given: number[], exact: Float64Array, every: number): number[] =>
      given.flatMap((value, i) => (i % 3 === every ? [value / exact[i]! - 1] : []));
    for (let every = 0; every < 3; every++)
      for (const own of [
        errors(read(state.mean, state.meanScale, float8Mean, MOST_MEAN), m, every),
        errors(read(state.square, state.squareScale, float8Square, MOST_SQUARE), v, every),
      ]) {
        // What codes lie apart at most; rounded to the nearest, means that shrink would be 1.8 and 3 times too large by now.
        expect(Math.sqrt(own.reduce((sum, error) => sum + error ** 2, 0) / own.length)).toBeLessThan(0.125);
      }
    tf.dispose([parameter, ...Object.values(state)]);
  });

  test('wrong arguments are refused by name', () => {
    const parameter = tf.tidy(() => tf.variable(tf.zeros([8])));
    const state = adam8bitState(8);
    const numbers = { block: 256, learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step: 1, weightDecay: 0 };
    expect(() => adam8bitStep(parameter, tf.zeros([7]), state, numbers)).toThrow(/gradient is float32\[7\], but its shape must be \[8\]/);
    expect(() => adam8bitStep(parameter, tf.zeros([8]), state, { ...numbers, step: 0 })).toThrow(/step is 0/);
    expect(() => adam8bitStep(parameter, tf.zeros([8]), { ...state, mean: state.meanScale }, numbers)).toThrow(/state.mean is float32/);
    expect(() => adam8bitStep(parameter, tf.zeros([8]), state, { ...numbers, block: 36 })).toThrow(
      /block is 36, but must be a multiple of 32/,
    );
    expect(() => adam8bitState(8, { code: 'float9' as 'float8' })).toThrow(/code is .*float9/);
    tf.dispose([parameter, ...Object.values(state)]);
  });
});
