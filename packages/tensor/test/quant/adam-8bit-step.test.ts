import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { disable, enable } from '../../src/index.ts';
import { adam8bitState, adam8bitStep } from '../../src/quant.ts';
import { dynamicCodes } from '../../src/kernels/quant/dynamic-map.ts';
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

const expected: number[][] = [];

describe.each(backends)('adam8bitStep on %s', (name) => {
  beforeAll(async () => {
    await useBackend(name);
    if (name !== 'cpu') await (await enable()).load('quant');
  });
  afterAll(disable);

  test('five steps give the same bits on every backend, near those of Adam, and leak nothing', () => {
    const before = tf.memory().numTensors;
    [1, 5, 256, 1000, 4099].forEach((size, index) => {
      const parameter = tf.tidy(() => tf.variable(tf.tensor1d(floats(size, index))));
      const start = parameter.dataSync().slice();
      const state = adam8bitState(size, { block: 64 });
      const [m, v, w] = [new Float64Array(size), new Float64Array(size), Float64Array.from(start)];
      for (let step = 1; step <= 5; step++) {
        const gradient = tf.tensor1d(
          floats(size, index * 10 + 1, { scale: step }).map((value, i) => (i % 64 < 32 ? value : value * 10 ** -(i % 8))),
        );
        const g = gradient.dataSync();
        adam8bitStep(parameter, gradient, state, {
          ...{ block: 64, learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step, weightDecay: 0.01 },
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
      const given = all.flatMap((variable) => [...variable.dataSync()].slice(0, variable.dtype === 'int32' ? Math.floor(size / 4) : size));
      expected[index] ??= given;
      expect(given).toEqual(expected[index]);
      const moved = [...parameter.dataSync()];
      const error = Math.sqrt(moved.reduce((sum, value, i) => sum + (value - w[i]!) ** 2, 0) / size);
      const size2 = Math.sqrt(moved.reduce((sum, value, i) => sum + (value - start[i]!) ** 2, 0) / size);
      expect(error).toBeLessThan(0.2 * size2);
      tf.dispose(all);
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  test('wrong arguments are refused by name', () => {
    const parameter = tf.tidy(() => tf.variable(tf.zeros([8])));
    const state = adam8bitState(8);
    const numbers = { block: 256, learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step: 1, weightDecay: 0 };
    expect(() => adam8bitStep(parameter, tf.zeros([7]), state, numbers)).toThrow(/gradient is float32\[7\], but its shape must be \[8\]/);
    expect(() => adam8bitStep(parameter, tf.zeros([8]), state, { ...numbers, step: 0 })).toThrow(/step is 0/);
    expect(() => adam8bitStep(parameter, tf.zeros([8]), { ...state, mean: state.meanScale }, numbers)).toThrow(/state.mean is float32/);
    tf.dispose([parameter, ...Object.values(state)]);
  });
});
