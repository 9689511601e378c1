import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { disable, enable } from '../../src/index.ts';
import {
  dequantizeTensor,
  dynamicQuantize,
  int8Add,
  int8AveragePool,
  int8Conv2d,
  int8DepthwiseConv2d,
  int8Linear,
  int8Map,
  int8MatMul,
  int8MaxPool,
  quantizeTensor,
  quantizedConv2d,
  quantizedDepthwiseConv2d,
  quantizedLinear,
  quantizedMatrix,
  quantizedTensor,
  type QuantizedMatrix,
  type QuantizedTensor,
} from '../../src/quant.ts';
import { backends, useBackend } from '../backends.ts';
import { floats } from '../kernels/values.ts';
import { bytes } from './bytes.ts';

/** Operations by name, each from nothing to numbers; on every backend they must be the same, bit for bit. */
type Operation = () => ArrayLike<number>;

const used: { dispose(): void }[] = [];
const keep = <T extends { dispose(): void }>(value: T): T => {
  used.push(value);
  return value;
};

function int8(shape: number[], seed: number, zeroPoint = 0): QuantizedTensor {
  return keep(
    quantizedTensor(
      Int8Array.from(
        bytes(
          shape.reduce((a, b) => a * b),
          seed,
        ),
      ),
      shape,
      { scale: 0.05, zeroPoint },
    ),
  );
}
function uint8(shape: number[], seed: number): QuantizedTensor {
  return keep(
    quantizedTensor(
      Uint8Array.from(
        bytes(
          shape.reduce((a, b) => a * b),
          seed,
          0,
          255,
        ),
      ),
      shape,
      { scale: 0.03, zeroPoint: 120 },
    ),
  );
}
function matrix(
  inputs: number,
  units: number,
  seed: number,
  options: { bits?: number; groupSize?: number; zeros?: boolean } = {},
): QuantizedMatrix {
  const { bits = 8, groupSize, zeros = false } = options;
  const half = 2 ** (bits - 1);
  const scales = Float32Array.from({ length: units * (groupSize ? inputs / groupSize : 1) }, (_, i) => 0.001 * (1 + (i % 7)));
  return keep(
    quantizedMatrix(Int8Array.from(bytes(inputs * units, seed, -half, half - 1)), inputs, units, {
      ...{ bits, scales },
      ...(groupSize && { groupSize }),
      ...(zeros && { zeroPoints: bytes(scales.length, seed + 1, -half, half - 1) }),
    }),
  );
}
function bias(count: number, seed: number): tf.Tensor {
  return keep(tf.tensor1d(floats(count, seed, { scale: 3 })));
}
function real(shape: number[], seed: number, scale = 2): tf.Tensor {
  return keep(
    tf.tensor(
      floats(
        shape.reduce((a, b) => a * b),
        seed,
        { scale },
      ),
      shape,
    ),
  );
}
const read = (result: QuantizedTensor | tf.Tensor): ArrayLike<number> => {
  const values = result instanceof tf.Tensor ? result.dataSync() : result.values();
  result.dispose();
  return [...values];
};

/** Convolutions whose output can be pooled: of every way to pack windows, within images and over their borders. */
const pooledConvolutions: Record<string, (options: { pool?: number | [number, number] }) => QuantizedTensor> = {
  '1 channel': (options) =>
    int8Conv2d(int8([2, 9, 10, 1], 80, -128), matrix(9, 33, 81), bias(33, 82), {
      ...{ kernelSize: 3, activation: 'relu', output: { scale: 0.02, zeroPoint: -100 }, ...options },
    }),
  '1 channel, 2 x 3, padding, uint8': (options) =>
    int8Conv2d(uint8([3, 7, 6, 1], 83), matrix(6, 16, 84), undefined, {
      ...{ kernelSize: [2, 3], pad: 'same', output: { scale: 0.05, zeroPoint: 128, type: 'uint8' }, ...options },
    }),
  '1 channel, 4 bits': (options) =>
    int8Conv2d(int8([2, 8, 8, 1], 85), matrix(9, 20, 86, { bits: 4 }), bias(20, 87), {
      ...{ kernelSize: 3, pad: 'same', output: { scale: 0.02, zeroPoint: -9 }, ...options },
    }),
  '8 channels': (options) =>
    int8Conv2d(int8([2, 8, 9, 8], 88, 3), matrix(72, 17, 89), bias(17, 90), {
      ...{ kernelSize: 3, pad: 'same', activation: 'relu6', output: { scale: 0.1, zeroPoint: -30 }, ...options },
    }),
  '8 channels, 4 bits, uint8, strides': (options) =>
    int8Conv2d(uint8([2, 11, 9, 8], 91), matrix(48, 18, 92, { bits: 4 }), undefined, {
      ...{ kernelSize: [3, 2], strides: [2, 1], output: { scale: 0.1 }, ...options },
    }),
  '4 channels, dilations, windows past the image': (options) =>
    int8Conv2d(int8([1, 10, 12, 4], 93, -5), matrix(24, 16, 94), bias(16, 95), {
      ...{ kernelSize: [3, 2], dilations: 2, pad: 3, output: { scale: 0.2, zeroPoint: 5 }, ...options },
    }),
  'zero points': (options) =>
    int8Conv2d(int8([1, 6, 7, 3], 96), matrix(27, 16, 97, { zeros: true }), undefined, {
      ...{ kernelSize: 3, output: { scale: 0.3 }, ...options },
    }),
  'rounded twice': (options) =>
    int8Conv2d(int8([1, 6, 7, 3], 98), matrix(27, 16, 99), undefined, {
      ...{ kernelSize: 3, rounding: 'double', output: { scale: 0.3 }, ...options },
    }),
};

const operations: Record<string, Operation> = {
  quantizeTensor: () => read(quantizeTensor(real([333], 1, 10), { scale: 0.03, zeroPoint: -7 })),
  'quantizeTensor to uint8': () => read(quantizeTensor(real([5, 13], 2), { scale: 0.01, zeroPoint: 100, type: 'uint8' })),
  'quantizeTensor, ties and infinities': () =>
    read(
      quantizeTensor(keep(tf.tensor1d([0.5, 1.5, 2.5, -0.5, -1.5, -2.5, Infinity, -Infinity, 1e30, -1e-30, 127.5, -128.5])), {
        scale: 1,
        zeroPoint: 1,
      }),
    ),
  dequantizeTensor: () => read(dequantizeTensor(int8([7, 11], 3, 5))),
  'dequantizeTensor uint8': () => read(dequantizeTensor(uint8([77], 4))),
  dynamicQuantize: () => read(dynamicQuantize(real([9, 1001], 5))),
  'dynamicQuantize, symmetric uint8': () => read(dynamicQuantize(real([9], 6), { symmetric: true, type: 'uint8' })),
  int8MatMul: () => read(int8MatMul(int8([2, 3, 37], 7, 4), matrix(37, 21, 8, { zeros: true }))),
  'int8MatMul, nibbles': () => read(int8MatMul(uint8([5, 27], 9), matrix(27, 35, 10, { bits: 4 }))),
  int8Linear: () =>
    read(
      int8Linear(int8([9, 50], 11, -3), matrix(50, 33, 12), bias(33, 13), { output: { scale: 0.08, zeroPoint: 2 }, activation: 'relu' }),
    ),
  'int8Linear, relu6, int32 bias': () =>
    read(
      int8Linear(uint8([4, 20], 14), matrix(20, 17, 15), keep(tf.tensor1d(bytes(17, 16, -999, 999), 'int32')), {
        ...{ output: { scale: 0.03, zeroPoint: 10, type: 'uint8' }, activation: 'relu6', rounding: 'double' },
      }),
    ),
  int8Conv2d: () =>
    read(
      int8Conv2d(int8([2, 7, 9, 5], 17, -8), matrix(45, 18, 18), bias(18, 19), {
        kernelSize: 3,
        pad: 'same',
        output: { scale: 0.1 },
        activation: 'relu',
      }),
    ),
  'int8Conv2d, strides, dilations, zero points': () =>
    read(
      int8Conv2d(uint8([1, 11, 10, 3], 20), matrix(18, 7, 21, { zeros: true }), undefined, {
        ...{ kernelSize: [3, 2], strides: 1, dilations: 2, pad: 2, output: { scale: 0.2, zeroPoint: -9 }, rounding: 'single' },
      }),
    ),
  'int8Conv2d, 1 x 1, strides': () =>
    read(int8Conv2d(int8([2, 6, 5, 16], 22), matrix(16, 40, 23), bias(40, 24), { kernelSize: 1, strides: [2, 1], output: { scale: 0.1 } })),
  ...Object.fromEntries(
    Object.entries(pooledConvolutions).map(([name, run]): [string, Operation] => [
      `int8Conv2d, pooled, ${name}`,
      () => read(run({ pool: 2 })),
    ]),
  ),
  'int8Conv2d, pooled by 3 x 2': () => read(pooledConvolutions['8 channels']!({ pool: [3, 2] })),
  int8DepthwiseConv2d: () =>
    read(
      int8DepthwiseConv2d(int8([2, 8, 7, 37], 25, 6), matrix(9, 37, 26), bias(37, 27), {
        kernelSize: 3,
        pad: 'same',
        output: { scale: 0.05 },
      }),
    ),
  'int8DepthwiseConv2d, multiplier, strides, zero points': () =>
    read(
      int8DepthwiseConv2d(uint8([1, 9, 9, 16], 28), matrix(4, 32, 29, { zeros: true }), undefined, {
        ...{ kernelSize: 2, strides: 2, output: { scale: 0.05, type: 'uint8', zeroPoint: 99 }, rounding: 'double' },
      }),
    ),
  'int8DepthwiseConv2d, zero points': () =>
    read(
      int8DepthwiseConv2d(uint8([1, 5, 6, 48], 30), matrix(9, 48, 31, { zeros: true }), bias(48, 32), {
        kernelSize: 3,
        dilations: 2,
        pad: 'same',
        output: { scale: 0.3 },
      }),
    ),
  'quantizedConv2d of integers': () =>
    read(quantizedConv2d(int8([2, 7, 9, 5], 57, -8), matrix(45, 18, 58), bias(18, 59), { kernelSize: 3, pad: 'same', activation: 'relu' })),
  'quantizedConv2d of floats, zero points': () =>
    read(
      quantizedConv2d(real([1, 8, 6, 3], 60), matrix(12, 20, 61, { zeros: true }), undefined, {
        ...{ kernelSize: 2, strides: 2, inputQuantization: { scale: 0.03, zeroPoint: 11, type: 'uint8' }, activation: 'relu6' },
      }),
    ),
  'quantizedConv2d of floats by their extremes': () =>
    read(quantizedConv2d(real([1, 5, 5, 4], 62), matrix(36, 3, 63, { bits: 4 }), bias(3, 64), { kernelSize: 3, pad: 1 })),
  quantizedDepthwiseConv2d: () =>
    read(quantizedDepthwiseConv2d(int8([2, 6, 5, 19], 65, 3), matrix(9, 19, 66), bias(19, 67), { kernelSize: 3, pad: 'same' })),
  'quantizedDepthwiseConv2d of floats, multiplier, zero points': () =>
    read(
      quantizedDepthwiseConv2d(real([1, 6, 5, 16], 68), matrix(4, 32, 69, { zeros: true }), undefined, {
        ...{ kernelSize: 2, strides: [2, 1], activation: 'relu' },
      }),
    ),
  int8MaxPool: () => read(int8MaxPool(int8([2, 7, 6, 19], 33), 3, { strides: 2, pad: 'same' })),
  'int8MaxPool of uint8': () => read(int8MaxPool(uint8([1, 6, 6, 3], 34), 2)),
  'int8MaxPool, windows wholly in the padding': () => [
    ...Array.from(read(int8MaxPool(int8([2, 3, 4, 19], 33), 2, { strides: 1, pad: 3 }))),
    ...Array.from(read(int8MaxPool(uint8([1, 3, 2, 5], 34), 2, { strides: 1, pad: 4 }))),
  ],
  'int8AveragePool, windows wholly in the padding': () => [
    ...Array.from(read(int8AveragePool(int8([2, 3, 4, 19], 35, -4), 2, { strides: 1, pad: 3 }))),
    ...Array.from(read(int8AveragePool(uint8([1, 3, 2, 5], 36), 2, { strides: 1, pad: 4 }))),
  ],
  int8AveragePool: () => read(int8AveragePool(int8([2, 7, 6, 5], 35, -4), 3, { strides: 2, pad: 'same' })),
  'int8AveragePool, all, to another quantization': () =>
    read(int8AveragePool(uint8([2, 7, 7, 6], 36), 7, { output: { scale: 0.02, zeroPoint: -20 } })),
  int8Add: () => read(int8Add(int8([3, 35], 37, 4), uint8([3, 35], 38), { output: { scale: 0.06, zeroPoint: -50 }, activation: 'relu' })),
  int8Map: () => read(int8Map(int8([101], 39, 9), Math.tanh, { scale: 1 / 128 })),
  'quantizedLinear, dynamic': () =>
    read(quantizedLinear(real([7, 61], 40), matrix(61, 37, 41, { zeros: true }), bias(37, 42), { activation: 'relu' })),
  'quantizedLinear, given quantization': () =>
    read(quantizedLinear(real([2, 3, 24], 43), matrix(24, 9, 44), undefined, { inputQuantization: { scale: 0.02, zeroPoint: 3 } })),
  'quantizedLinear, nibbles': () => read(quantizedLinear(real([1, 30], 45), matrix(30, 20, 46, { bits: 4 }))),
  'quantizedLinear, groups': () =>
    read(quantizedLinear(real([3, 96], 47), matrix(96, 35, 48, { groupSize: 32 }), bias(35, 49), { activation: 'relu' })),
  'quantizedLinear, groups, zero points': () =>
    read(quantizedLinear(real([1, 128], 50), matrix(128, 16, 51, { groupSize: 64, zeros: true }))),
  'quantizedLinear, groups of several panels': () =>
    read(quantizedLinear(real([2, 96], 60), matrix(96, 83, 61, { groupSize: 32 }), bias(83, 62), { activation: 'relu' })),
  'quantizedLinear, groups of nibbles': () => read(quantizedLinear(real([2, 128], 52), matrix(128, 33, 53, { bits: 4, groupSize: 32 }))),
  'quantizedLinear, groups of nibbles, zero points': () =>
    read(quantizedLinear(real([1, 48], 54), matrix(48, 5, 55, { bits: 3, groupSize: 8, zeros: true }), bias(5, 56))),
};

const expected: Record<string, ArrayLike<number>> = {};

describe.each(backends)('on %s', (name) => {
  beforeAll(async () => {
    await useBackend(name);
    if (name !== 'cpu') await (await enable()).load('quant');
  });
  afterAll(disable);

  test.each(Object.keys(operations))('%s: the same as its twin, and nothing leaks', (operation) => {
    const before = tf.memory().numTensors;
    const given = operations[operation]!();
    for (const value of used.splice(0)) value.dispose();
    expect(tf.memory().numTensors).toBe(before);
    expected[operation] ??= given;
    expect(given).toEqual(expected[operation]);
  });
});

describe.each(backends)('on %s', (name) => {
  beforeAll(async () => {
    await useBackend(name);
    if (name !== 'cpu') await (await enable()).load('quant');
  });
  afterAll(disable);

  test.each(Object.entries(pooledConvolutions))(
    'int8Conv2d, %s: pooled along the way is pooled afterwards, and refuses what the pool refuses',
    (_, run) => {
      for (const pool of [2, [3, 2]] as (number | [number, number])[]) {
        const [given, y] = [keep(run({ pool })), keep(run({}))];
        const later = keep(int8MaxPool(y, pool));
        expect(given.shape).toEqual(later.shape);
        expect(given.values()).toEqual(later.values());
        expect(new Set(given.values()).size).toBeGreaterThan(4);
      }
      for (const value of used.splice(0)) value.dispose();
      const before = tf.memory().numTensors;
      expect(() => run({ pool: 20 })).toThrow(/window \[20, 20\] is larger than the images/);
      expect(() => run({ pool: 1.5 })).toThrow(/pool\[0\] is 1.5/);
      for (const value of used.splice(0)) value.dispose();
      expect(tf.memory().numTensors).toBe(before);
    },
  );

  test('quantizedLinear of floats that stay so: that of the dense weight, to 1e-6 of the products’ sizes', () => {
    for (const [rows, inputs, units, options] of [
      [1, 7, 5, {}],
      [3, 300, 33, { zeros: true }],
      [2, 64, 16, { groupSize: 32 }],
      [5, 1024, 20, { bits: 4, groupSize: 512, zeros: true }],
      [1, 13, 40, { bits: 3 }],
    ] as const) {
      const [x, w, b] = [real([rows, inputs], 1), matrix(inputs, units, 2, options), bias(units, 3)];
      tf.tidy(() => {
        const y = quantizedLinear(x, w, b, { inputQuantization: 'none', activation: 'relu' });
        const expectedY = tf.relu(tf.add(tf.matMul(x, w.toDense()), b));
        const size = tf.add(tf.matMul(tf.abs(x), tf.abs(w.toDense())), 3).dataSync();
        const [given, wanted] = [y.dataSync(), expectedY.dataSync()];
        given.forEach((value, i) => expect(Math.abs(value - wanted[i]!)).toBeLessThanOrEqual(2e-6 * size[i]!));
      });
      for (const value of used.splice(0)) value.dispose();
    }
  });

  test('what is not finite is refused, and weights that do not fit', () => {
    tf.tidy(() => {
      expect(() => quantizeTensor(tf.tensor1d([NaN]), { scale: 1 })).toThrow(/quantizeTensor: x has NaN at element 0/);
      expect(() => dynamicQuantize(tf.tensor1d([1, -Infinity]))).toThrow(/x goes from -Infinity to 1/);
    });
    const w = matrix(8, 4, 5, { groupSize: 8 });
    const plain = matrix(8, 4, 5);
    const x = keep(tf.tensor2d([[1, 2, 3, 4, 5, 6, 7, NaN]]));
    w.onDevice();
    plain.onDevice();
    const before = tf.memory().numTensors;
    expect(() => quantizedLinear(x, w)).toThrow(/quantizedLinear: x has NaN at element 7/);
    expect(() => quantizedLinear(x, plain)).toThrow(/quantizedLinear: x has NaN at element 7/);
    expect(() => int8MatMul(int8([1, 8], 1), w)).toThrow(/weight has groups of 8 inputs/);
    for (const scale of [1e-50, 1e39]) {
      expect(() => quantizedMatrix(Int8Array.of(1, 2), 1, 2, { scales: [1, scale] })).toThrow(/scales\[1\] in float32 is (0|Infinity)/);
      expect(() => quantizedLinear(x, plain, undefined, { inputQuantization: { scale } })).toThrow(/scale in float32 is (0|Infinity)/);
    }
    expect(() => int8MatMul(int8([1, 7], 1), plain)).toThrow(/x has 7 values along its last axis/);
    for (const value of used.splice(3)) value.dispose();
    expect(tf.memory().numTensors).toBe(before);
    for (const value of used.splice(0)) value.dispose();
  });
});

test('twins of convolution and pooling agree with tfjs on integers', async () => {
  await useBackend('cpu');
  tf.tidy(() => {
    const x = int8([2, 7, 9, 5], 17, -8);
    const w = matrix(45, 6, 18);
    const filter = tf.reshape(tf.tensor1d(Float32Array.from(w.values())), [3, 3, 5, 6]) as tf.Tensor4D;
    const centred = tf.reshape(tf.tensor1d(Float32Array.from(x.values(), (value) => value + 8)), [2, 7, 9, 5]) as tf.Tensor4D;
    const output = { scale: 128 * 0.05 * 0.5, zeroPoint: 1 };
    const unit = quantizedMatrix(w.values(), 45, 6, { scales: [0.5] });
    const y = int8Conv2d(x, unit, undefined, { kernelSize: 3, strides: 2, pad: 'same', output });
    const sums = tf.conv2d(centred, filter, 2, 'same').dataSync();
    expect([...y.values()]).toEqual([...sums].map((sum) => Math.min(Math.max(even(sum / 128) + 1, -128), 127)));
    const pooled = int8MaxPool(x, 2);
    expect([...pooled.values()]).toEqual([...tf.maxPool(centred, 2, 2, 'valid').dataSync()].map((value) => value - 8));
    unit.dispose();
    const taps = matrix(9, 5, 60);
    const one = quantizedMatrix(taps.values(), 9, 5, { scales: [0.5] });
    const depthwise = int8DepthwiseConv2d(x, one, undefined, { kernelSize: 3, pad: 'same', output });
    const each = tf.depthwiseConv2d(
      centred,
      tf.reshape(tf.tensor1d(Float32Array.from(taps.values())), [3, 3, 5, 1]) as tf.Tensor4D,
      1,
      'same',
    );
    expect([...depthwise.values()]).toEqual([...each.dataSync()].map((sum) => Math.min(Math.max(even(sum / 128) + 1, -128), 127)));
    one.dispose();
    for (const value of used.splice(0)) value.dispose();
  });
});

function even(x: number): number {
  const rounded = Math.round(x);
  return Math.abs(x % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

describe.each(backends)('on %s', (backend) => {
  beforeAll(async () => {
    await useBackend(backend);
    if (backend !== 'cpu') await (await enable()).load('quant');
  });

  test.each([1, -1])('a bias beyond int32 stays on its side of 0 when sums are added, sign %d', (sign) => {
    tf.tidy(() => {
      const x = quantizedTensor(Int8Array.of(127, 127), [1, 2], { scale: 1e-6 });
      const weight = quantizedMatrix(Int8Array.of(127 * sign, 127 * sign), 2, 1, { scales: Float32Array.of(1e-6) });
      const y = int8Linear(x, weight, tf.tensor1d([1000 * sign]), { output: { scale: 1e-5 } });
      expect(Array.from(y.values())).toEqual([sign > 0 ? 127 : -128]);
      weight.dispose();
    });
  });
});
