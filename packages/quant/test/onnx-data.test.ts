import { existsSync, readFileSync } from 'node:fs';
import { unpackRaw } from '@x/tensor';
import { decodeOnnxModel, decodeOnnxTensor, type OnnxNode } from '@x/tensor/onnx';
import { int8Conv2d, int8Linear, int8MatMul, quantizedMatrix, QuantizedTensor, type QuantizedMatrix } from '@x/tensor/quant';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { dequantizeLinear, dynamicQuantizeLinear, quantizeLinear } from '../src/index.ts';
import { backends, useBackend } from './backends.ts';

const folder = '/usr/share/libonnx-testdata/data/node';

/** A tensor of the data; integers with their bounds. */
interface Value {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

function read(name: string, file: string): Value | undefined {
  const path = `${folder}/test_${name}/test_data_set_0/${file}.pb`;
  if (!existsSync(path)) return undefined;
  const { raw } = decodeOnnxTensor(readFileSync(path));
  return { dtype: raw.dtype, shape: raw.shape, values: Array.from(unpackRaw(raw) as Float32Array) };
}

const all = (name: string, kind: string): Value[] =>
  Array.from({ length: 9 }, (_, index) => read(name, `${kind}_${index}`)).filter((value) => value !== undefined);
const one = (value: Value | undefined): number => value?.values[0] ?? 0;

/** Integers of 8 bits; `[n, c, ...]` images become `[n, ..., c]`. */
function tensor8({ dtype, shape, values }: Value, scale: number, zeroPoint: number, images = false): QuantizedTensor {
  const type = dtype === 'U8' ? 'uint8' : 'int8';
  const [n = 1, c = 1, h = 1, w = 1] = shape;
  const turned = images
    ? values.map((_, at) => values[(Math.floor(at / (c * h * w)) * c + (at % c)) * h * w + Math.floor((at % (c * h * w)) / c)]!)
    : values;
  const words = new Int32Array(Math.ceil(values.length / 4));
  new Uint8Array(words.buffer).set(turned.map((value) => value & 255));
  return new QuantizedTensor(tf.tensor1d(words, 'int32'), images ? [n, h, w, c] : [...shape], { scale, zeroPoint, type });
}

/** A weight, whose unsigned integers are the signed ones 128 below. */
function matrix8(
  { dtype, values }: Value,
  inputs: number,
  units: number,
  scales: readonly number[],
  zeros: readonly number[],
): QuantizedMatrix {
  const shift = dtype === 'U8' ? 128 : 0;
  const of = (list: readonly number[]): number[] => Array.from({ length: units }, (_, unit) => list[list.length === 1 ? 0 : unit]!);
  return quantizedMatrix(
    Int8Array.from(values, (value) => value - shift),
    inputs,
    units,
    {
      ...{ scales: Float32Array.from(of(scales)), bits: 8 },
      zeroPoints: Int32Array.from(of(zeros), (zero) => zero - shift),
    },
  );
}

/** A filter [filters, channels, height, width] as a matrix of windows. */
function filterMatrix(w: Value, scales: readonly number[], zeros: readonly number[]): QuantizedMatrix {
  const [filters, channels, height, width] = w.shape as [number, number, number, number];
  const taps = height * width;
  const values = Array.from({ length: w.values.length }, (_, at) => {
    const [tap, channel, filter] = [Math.floor(at / (channels * filters)), Math.floor(at / filters) % channels, at % filters];
    return w.values[(filter * channels + channel) * taps + tap]!;
  });
  return matrix8({ ...w, values }, taps * channels, filters, scales, zeros);
}

const run: Readonly<Record<string, (inputs: Value[], node: OnnxNode) => ArrayLike<number>>> = {
  QuantizeLinear: ([x, scale, zero], { attributes }) =>
    quantizeLinear(x!.values, {
      ...(scale!.shape.length > 0 ? { scale: scale!.values, zeroPoint: zero!.values } : { scale: one(scale), zeroPoint: one(zero) }),
      ...{ shape: x!.shape, axis: (attributes['axis'] as number | undefined) ?? 1, type: 'uint8' },
    }),
  DequantizeLinear: ([x, scale, zero], { attributes }) =>
    dequantizeLinear(x!.values, {
      ...(scale!.shape.length > 0 ? { scale: scale!.values, zeroPoint: zero!.values } : { scale: one(scale), zeroPoint: one(zero) }),
      ...{ shape: x!.shape, axis: (attributes['axis'] as number | undefined) ?? 1 },
    }),
  DynamicQuantizeLinear: ([x]) => {
    const { values, scale, zeroPoint } = dynamicQuantizeLinear(x!.values);
    return [...values, scale, zeroPoint];
  },
  MatMulInteger: ([a, b, aZero, bZero]) => {
    const [inputs = 1, units = 1] = b!.shape;
    return int8MatMul(tensor8(a!, 1, one(aZero)), matrix8(b!, inputs, units, [1], [one(bZero)])).dataSync();
  },
  QLinearMatMul: ([a, aScale, aZero, b, bScale, bZero, yScale, yZero]) => {
    const [inputs = 1, units = 1] = b!.shape.slice(-2);
    // Matrices in rows of matrices are multiplied one by one.
    const count = b!.values.length / (inputs * units);
    const part = (value: Value, index: number): Value => {
      const size = value.values.length / count;
      return { ...value, shape: value.shape.slice(-2), values: value.values.slice(index * size, (index + 1) * size) };
    };
    const output = { scale: one(yScale), zeroPoint: one(yZero), type: yZero!.dtype === 'U8' ? 'uint8' : 'int8' } as const;
    return Array.from({ length: count }, (_, index) => [
      ...int8Linear(
        tensor8(part(a!, index), one(aScale), one(aZero)),
        matrix8(part(b!, index), inputs, units, [one(bScale)], [one(bZero)]),
        undefined,
        { output },
      ).values(),
    ]).flat();
  },
  ConvInteger: ([x, w, xZero, wZero], { attributes }) => {
    const pads = (attributes['pads'] as readonly number[] | undefined) ?? [0];
    const filter = filterMatrix(w!, [1], [one(wZero)]);
    const [, , height = 1, width = 1] = w!.shape;
    // The sums fit into 8 bits.
    const output = { scale: 1, zeroPoint: 0, type: 'uint8' } as const;
    return int8Conv2d(tensor8(x!, 1, one(xZero), true), filter, undefined, { kernelSize: [height, width], pad: pads[0]!, output }).values();
  },
  QLinearConv: ([x, xScale, xZero, w, wScale, wZero, yScale, yZero]) => {
    const filter = filterMatrix(w!, wScale!.values, wZero!.values);
    const [, , height = 1, width = 1] = w!.shape;
    const output = { scale: one(yScale), zeroPoint: one(yZero), type: 'uint8' } as const;
    return int8Conv2d(tensor8(x!, one(xScale), one(xZero), true), filter, undefined, { kernelSize: [height, width], output }).values();
  },
};

const names = [
  ...['quantizelinear', 'quantizelinear_axis', 'dequantizelinear', 'dequantizelinear_axis'],
  ...['dynamicquantizelinear', 'dynamicquantizelinear_max_adjusted', 'dynamicquantizelinear_min_adjusted'],
  ...['matmulinteger', 'qlinearmatmul_2D', 'qlinearmatmul_3D'],
  ...['basic_convinteger', 'convinteger_with_padding', 'convinteger_without_padding', 'qlinearconv'],
];

describe.runIf(existsSync(folder)).each(backends)(
  "ONNX's operators of integers on %s, as Debian's libonnx-testdata has them",
  (backend) => {
    beforeAll(() => useBackend(backend));

    test.each(names)('%s', (name) => {
      const node = decodeOnnxModel(readFileSync(`${folder}/test_${name}/model.onnx`)).graph.nodes[0]!;
      const expected = all(name, 'output').flatMap(({ values }) => values);
      const actual = tf.tidy(() => Array.from(run[node.op]!(all(name, 'input'), node)));
      expect(actual).toEqual(expected);
    });
  },
);
