import { describe, expect, test } from 'vitest';
import {
  dequantizeLinear,
  dynamicQuantizeLinear,
  fakeQuantizeInRange,
  integerRange,
  nudgedRange,
  quantizationParameters,
  quantizeLinear,
} from '../src/index.ts';

describe('quantization parameters', () => {
  test.each([
    [-10, 30, 0.156863, 64],
    [0, 30, 0.117647, 0],
    [-10, 0, 0.039216, 255],
    [5, 30, 0.117647, 0],
    [0, 0, 1, 0],
  ])('of [%d, %d] as TFLite chooses them for bytes', (min, max, scale, zeroPoint) => {
    const chosen = quantizationParameters(min, max, { unsigned: true });
    expect(chosen.scale).toBeCloseTo(scale, 6);
    expect(chosen).toMatchObject({ zeroPoint, least: 0, most: 255 });
  });

  test('symmetric ones leave out the least integer', () => {
    expect(quantizationParameters(-1, 0.5, { symmetric: true })).toEqual({ scale: 1 / 127, zeroPoint: 0, least: -127, most: 127 });
    expect(integerRange({ bits: 4 })).toEqual({ least: -8, most: 7 });
  });

  test.each([
    [() => quantizationParameters(1, 0), /min is 1, but must be/],
    [() => quantizationParameters(Number.NaN, 0), /min is NaN/],
    [() => quantizationParameters(0, Infinity), /max is Infinity/],
    [() => quantizationParameters(0, 1, { bits: 1 }), /bits is 1, but must be a whole number at least 2 and at most 16/],
    [() => quantizationParameters(0, 1, { symmetric: true, unsigned: true }), /symmetric and unsigned/],
  ])('bad ranges are refused %#', (call, message) => expect(call).toThrow(message));

  test('a nudged range holds 0', () => {
    const range = nudgedRange(-0.1, 1);
    expect(fakeQuantizeInRange(0, range)).toBeCloseTo(0, 12);
    expect(range.min).toBeCloseTo(-23 * (1.1 / 255), 12);
    expect(() => nudgedRange(1, 1)).toThrow(/min must be less/);
  });
});

describe('ONNX node tests', () => {
  const rows = [0, 2.5, 4.8, 8.6, -30, -20, 6, 9];

  test.each([
    ['uint8', [0, 2, 3, 1000, -254, -1000], { scale: 2, zeroPoint: 128 }, [128, 129, 130, 255, 1, 0]],
    [
      'uint16',
      [0, -128, 3, -3, 2.9, -2.9, 3.1, -3.1, 65536, -65534, 70000, -70000],
      { scale: 2, zeroPoint: 32767 },
      [32767, 32703, 32769, 32765, 32768, 32766, 32769, 32765, 65535, 0, 65535, 0],
    ],
    [
      'int4',
      [...rows, 12, 15, 16, 40],
      { scale: [2, 3, 4], zeroPoint: [1, 1, 1], shape: [3, 4], axis: 0 },
      [1, 2, 3, 5, -8, -6, 3, 4, 4, 5, 5, 7],
    ],
    ['uint4', [...rows, 12, 15, 16, 40], { scale: [2, 3, 4], zeroPoint: 1, shape: [3, 4], axis: 0 }, [1, 2, 3, 5, 0, 0, 3, 4, 4, 5, 5, 11]],
    [
      'int2',
      [0, 2.5, 4.8, 8.6, -4, -3, 1, 2, -0, -2.5, -4.8, -8.6],
      { scale: [2, 3, 4], shape: [3, 4], axis: 0 },
      [0, 1, 1, 1, -1, -1, 0, 1, 0, -1, -1, -2],
    ],
    [
      'float4e2m1',
      [...rows, -0, -2.5, -4.8, -8.6],
      { scale: [2, 3, 4], shape: [3, 4], axis: 0 },
      [0, 1, 2, 4, -6, -6, 2, 3, 0, -0.5, -1, -2],
    ],
    ['float8e4m3fn', [0, 1, 2, 1e5, 200], { scale: 2 }, [0, 0.5, 1, 448, 96]],
    ['float8e5m2', [0, 1, 2, 1e5, 200], { scale: 2 }, [0, 0.5, 1, 49152, 96]],
  ] as const)('QuantizeLinear to %s', (type, values, scales, expected) => {
    expect(quantizeLinear(values, { type, ...scales }).map((value) => value + 0)).toEqual(expected);
  });

  test('DequantizeLinear', () => {
    expect([...dequantizeLinear([0, 3, 128, 255], { scale: 2, zeroPoint: 128 })]).toEqual([-256, -250, 0, 254]);
  });

  test('blocks along an axis have scales of their own', () => {
    const scales = { scale: [1, 2, 3, 4], shape: [2, 4], axis: 1, blockSize: 2 };
    expect(quantizeLinear([6, 6, 6, 6, 12, 12, 12, 12], { ...scales, type: 'int8' })).toEqual([6, 6, 3, 3, 4, 4, 3, 3]);
    const down = { scale: [1, 2, 3, 4], shape: [4, 2], axis: 0, blockSize: 2 };
    expect(quantizeLinear([12, 12, 12, 12, 12, 12, 12, 12], { ...down, type: 'int8' })).toEqual([12, 6, 12, 6, 4, 3, 4, 3]);
  });

  test.each([
    [[0, 2, -3, -2.5, 1.34, 0.5], 0.0196078438, 153],
    [[-1, -2.1, -1.3, -2.5, -3.34, -4], 0.0156862754, 255],
    [[1, 2.1, 1.3, 2.5, 3.34, 4, 1.5, 2.6, 3.9, 4, 3, 2.345], 0.0156862754, 0],
  ])('DynamicQuantizeLinear %#', (values, scale, zeroPoint) => {
    const result = dynamicQuantizeLinear(values);
    expect(result.scale).toBe(Math.fround(scale));
    expect(result.zeroPoint).toBe(zeroPoint);
  });

  test('a division to the last bit of a tie at an odd zero point rounds before it is added', () => {
    expect(quantizeLinear([1], { scale: 2, zeroPoint: 1 })).toEqual([1]);
    expect(quantizeLinear([3], { scale: 2, zeroPoint: 1 })).toEqual([3]);
  });

  test.each([
    [() => quantizeLinear([1], { scale: 0 }), /scale is 0/],
    [() => quantizeLinear([1, 2], { scale: [1, 2] }), /shape must tell/],
    [() => quantizeLinear([1, 2], { scale: [1], shape: [1, 2], axis: 1 }), /scale has 1 values, but there must be 2/],
    [() => quantizeLinear([1, 2], { scale: [1], shape: [1, 2], axis: 2 }), /axis 2/],
    [() => quantizeLinear([1], { scale: 1, type: 'int3' as never }), /type is "int3"/],
    [() => quantizeLinear([1], { scale: 1, zeroPoint: [3] }), /zeroPoint has 1 values, but scale is one number/],
    [() => quantizeLinear([1], { scale: 1, zeroPoint: Number.NaN }), /zeroPoint is NaN/],
    [() => quantizeLinear([1], { scale: 1e-50 }), /scale in float32 is 0/],
    [() => quantizeLinear([1, 2], { scale: [1, 0], shape: [1, 2] }), /scale\[1\] is 0/],
    [() => dequantizeLinear([1, 2], { scale: [Number.NaN, 1], shape: [1, 2] }), /scale\[0\] is NaN/],
    [() => quantizeLinear([1, 2], { scale: [1], shape: [1, 2], blockSize: 0 }), /blockSize is 0/],
    [() => dynamicQuantizeLinear([]), /number of values is 0/],
    [() => dynamicQuantizeLinear([1, Number.NaN]), /values\[1\] is NaN/],
  ])('bad arguments are refused %#', (call, message) => expect(call).toThrow(message));
});
