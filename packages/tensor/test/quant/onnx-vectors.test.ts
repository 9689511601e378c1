import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { disable, enable } from '../../src/index.ts';
import {
  chooseQuantization,
  dequantizeTensor,
  dynamicQuantize,
  int8Linear,
  int8MatMul,
  quantizeTensor,
  quantizedMatrix,
  quantizedTensor,
} from '../../src/quant.ts';
import { backends, useBackend } from '../backends.ts';

/** The vectors of ONNX's node tests (onnx/backend/test/case/node), for what we have. */
describe.each(backends)('ONNX on %s', (name) => {
  beforeAll(async () => {
    await useBackend(name);
    if (name !== 'cpu') await (await enable()).load('quant');
  });
  afterAll(disable);

  test('QuantizeLinear', () => {
    const q = quantizeTensor(tf.tensor1d([0, 2, 3, 1000, -254, -1000]), { scale: 2, zeroPoint: 128, type: 'uint8' });
    expect([...q.values()]).toEqual([128, 129, 130, 255, 1, 0]);
    q.dispose();
  });

  test('DequantizeLinear', () => {
    const q = quantizedTensor(Uint8Array.of(0, 3, 128, 255), [4], { scale: 2, zeroPoint: 128 });
    expect([...dequantizeTensor(q).dataSync()]).toEqual([-256, -250, 0, 254]);
    q.dispose();
  });

  test.each([
    [[0, 2, -3, -2.5, 1.34, 0.5], 0.0196078438, 153, [153, 255, 0, 26, 221, 179]],
    [[-1, -2.1, -1.3, -2.5, -3.34, -4], 0.0156862754, 255, [191, 121, 172, 96, 42, 0]],
    [[1, 2.1, 1.3, 2.5, 3.34, 4, 1.5, 2.6, 3.9, 4, 3, 2.345], 0.0156862754, 0, [64, 134, 83, 159, 213, 255, 96, 166, 249, 255, 191, 149]],
  ])('DynamicQuantizeLinear of %j', (x, scale, zeroPoint, values) => {
    const q = dynamicQuantize(tf.tensor1d(x), { type: 'uint8' });
    expect(q.zeroPoint).toBe(zeroPoint);
    expect(q.scale).toBe(Math.fround(scale));
    expect([...q.values()]).toEqual(values);
    q.dispose();
  });

  test('MatMulInteger', () => {
    const a = quantizedTensor(Uint8Array.of(11, 7, 3, 10, 6, 2, 9, 5, 1, 8, 4, 0), [4, 3], { scale: 1, zeroPoint: 12 });
    const b = quantizedMatrix(Uint8Array.of(1, 4, 2, 5, 3, 6), 3, 2, { scales: [1], zeroPoints: [0] });
    expect([...int8MatMul(a, b).dataSync()]).toEqual([-38, -83, -44, -98, -50, -113, -56, -128]);
    a.dispose();
    b.dispose();
  });

  test('QLinearMatMul of uint8, with each rounding', () => {
    const a = quantizedTensor(Uint8Array.of(208, 236, 0, 238, 3, 214, 255, 29), [2, 4], { scale: 0.0066, zeroPoint: 113 });
    const b = quantizedMatrix(Uint8Array.of(152, 51, 244, 60, 26, 255, 0, 127, 246, 127, 254, 247), 4, 3, {
      scales: [0.00705],
      zeroPoints: [114],
    });
    expect([...int8MatMul(a, b).dataSync()]).toEqual([11475, -778, 31402, -26914, -11872, 7513]);
    for (const rounding of ['fp32', 'double', 'single'] as const) {
      const y = int8Linear(a, b, undefined, { output: { scale: 0.0107, zeroPoint: 118, type: 'uint8' }, rounding });
      expect([...y.values()]).toEqual([168, 115, 255, 1, 66, 151]);
      y.dispose();
    }
    a.dispose();
    b.dispose();
  });

  test('QLinearMatMul of int8', () => {
    const wrapped = (values: number[], zero: number): Int8Array => Int8Array.from(values, (value) => value - zero);
    const a = quantizedTensor(wrapped([208, 236, 0, 238, 3, 214, 255, 29], 127), [2, 4], { scale: 0.0066, zeroPoint: 113 - 127 });
    const b = quantizedMatrix(wrapped([152, 51, 244, 60, 26, 255, 0, 127, 246, 127, 254, 247], 127), 4, 3, {
      scales: [0.00705],
      zeroPoints: [114 - 127],
    });
    expect([...int8MatMul(a, b).dataSync()]).toEqual([11475, -778, -86, 2270, -15200, -52135]);
    const y = int8Linear(a, b, undefined, { output: { scale: 0.0107, zeroPoint: 118 - 127 } });
    expect([...y.values()]).toEqual([41, -12, -9, 1, -75, -128]);
    tf.dispose([a.data, y.data]);
    b.dispose();
  });
});

test('ranges give the scales and zero points of gemmlowp', () => {
  for (const [min, max, scale, zeroPoint] of [
    [-10, 30, 0.156863, 64],
    [0, 30, 0.117647, 0],
    [-10, 0, 0.039216, 255],
  ] as const) {
    const chosen = chooseQuantization(min, max, { type: 'uint8' });
    expect(chosen.scale).toBeCloseTo(scale, 6);
    expect(chosen.zeroPoint).toBe(zeroPoint);
  }
});
