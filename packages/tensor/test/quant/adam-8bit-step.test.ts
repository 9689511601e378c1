import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { disable, enable } from '../../src/index.ts';
import { adam8bitState, adam8bitStep } from '../../src/quant.ts';
import { codeBounds, codeOf, codeEntries, dynamicCodes } from '../../src/kernels/quant/dynamic-map.ts';
import { backends, useBackend } from '../backends.ts';
import { floats } from '../kernels/values.ts';

test('the map is that of the paper’s authors, and every float32 between neighbours of 16 bits has the code that its entry gives', () => {
  const wrong: number[] = [];
  const codes = dynamicCodes(true);
  expect(codes[0]).toBeCloseTo(-0.99296874, 7);
  expect([...codes.slice(126, 130)].map((value) => Number(value.toPrecision(3)))).toEqual([-5.5e-7, 0, 5.5e-7, 3.25e-6]);
  expect(codes[255]).toBe(1);
  expect(dynamicCodes(false)[1]).toBeCloseTo(3.25e-7, 12);
  for (const signed of [true, false]) {
    const bounds = codeBounds(dynamicCodes(signed));
    const entries = codeEntries(bounds, signed);
    const word = new Uint32Array(1);
    const float = new Float32Array(word.buffer);
    for (let upper = 0; upper < 0x3f81; upper++) {
      for (const lower of [0, 1, 0x7fff, 0x8000, 0xffff]) {
        for (const sign of signed ? [0, 0x8000] : [0]) {
          word[0] = (((upper | sign) << 16) | lower) >>> 0;
          const key = signed ? (word[0] ^ ((word[0] | 0) >> 31) ^ (sign === 0 ? 0x80000000 : 0)) >>> 0 : word[0];
          if ((entries[key >>> 16]! + (key & 0xffff)) >>> 16 !== codeOf(float[0]!, bounds)) wrong.push(float[0]!);
        }
      }
    }
    // Each bound has the lower code, and what follows it the upper.
    bounds.forEach((bound, code) => {
      if (bound === Infinity) return;
      float[0] = bound;
      for (const step of [0, bound < 0 ? -1 : 1]) {
        const bits = word[0]! + step;
        const key = signed ? (bits ^ ((bits | 0) >> 31) ^ (bits < 0x80000000 ? 0x80000000 : 0)) >>> 0 : bits;
        expect((entries[key >>> 16]! + (key & 0xffff)) >>> 16).toBe(code + Math.abs(step));
      }
    });
  }
  expect(wrong).toEqual([]);
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
        const gradient = tf.tensor1d(floats(size, index * 10 + 1, { scale: step }));
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
