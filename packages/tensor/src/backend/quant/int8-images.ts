import type { TensorInfo } from '@tensorflow/tfjs-core';
import { addBytes, mapBytes } from '../../kernels/quant/elementwise.ts';
import type { Int8Windows } from '../../kernels/quant/int8-windows.ts';
import { windows as runWindows, type Qs8Windows } from '../../kernels/quant/windows.ts';
import type { BackendKernel } from '../kernel.ts';
import { factorsOf, type Matrix, type ToBytes } from './int8-linear.ts';
import { withTemporary } from './temporary.ts';

interface Images {
  readonly batch: number;
  readonly windows: Int8Windows;
  readonly xZero: number;
  readonly xUnsigned: boolean;
}

interface Sum {
  readonly count: number;
  readonly aZero: number;
  readonly aUnsigned: boolean;
  readonly aFactor: number;
  readonly bZero: number;
  readonly bUnsigned: boolean;
  readonly bFactor: number;
  readonly zero: number;
  readonly least: number;
  readonly most: number;
  readonly unsigned: boolean;
}

function wordsFor(count: number): number[] {
  return [Math.ceil(count / 4)];
}

export const int8ImageKernels: readonly BackendKernel[] = [
  {
    name: 'XInt8Depthwise',
    run: ({ inputs, attrs, backend }) => {
      const { batch, windows, multiplier, matrix, bias, factors, rounding, ...rest } = attrs as unknown as Images &
        ToBytes & { multiplier: number; matrix: Matrix };
      const { outHeight, outWidth } = windows;
      const output = backend.makeOutput(wordsFor(batch * outHeight * outWidth * matrix.units), 'int32');
      const { zeroPoints } = matrix.onDevice();
      withTemporary(backend.kernels, (temporary) =>
        runWindows(backend.kernels, 'qs8_depthwise', {
          ...{ ...windows, ...rest, batch, multiplier, rounding },
          x: backend.address(inputs['x'] as TensorInfo),
          to: backend.address(output),
          weights: backend.address(matrix.rowMajor()),
          weightZeros: zeroPoints ? backend.address(zeroPoints) : 0,
          bias: bias ? temporary.put(bias) : 0,
          factors: temporary.put(factorsOf(factors, rounding)),
        }),
      );
      return output;
    },
  },
  {
    /** float32[batch, height, width, out channels]. */
    name: 'XInt8DepthwiseToFloat',
    run: ({ inputs, attrs, backend }) => {
      const { batch, windows, multiplier, matrix, factors, ...rest } = attrs as unknown as Images & {
        readonly multiplier: number;
        readonly matrix: Matrix;
        readonly factors: Float32Array;
      };
      const bias = inputs['bias'];
      const output = backend.makeOutput([batch, windows.outHeight, windows.outWidth, matrix.units], 'float32');
      const { zeroPoints } = matrix.onDevice();
      withTemporary(backend.kernels, (temporary) =>
        runWindows(backend.kernels, 'qs8_depthwise', {
          ...{ ...windows, ...rest, batch, multiplier, rounding: 'float32' },
          x: backend.address(inputs['x'] as TensorInfo),
          to: backend.address(output),
          weights: backend.address(matrix.rowMajor()),
          weightZeros: zeroPoints ? backend.address(zeroPoints) : 0,
          floatBias: bias ? backend.address(bias) : 0,
          factors: temporary.put(factors),
        }),
      );
      return output;
    },
  },
  {
    name: 'XInt8Pool',
    run: ({ inputs, attrs, backend }) => {
      const { kernel, batch, windows, factors, ...rest } = attrs as unknown as Images &
        Omit<Qs8Windows, 'factors'> & { kernel: 'qs8_max_pool' | 'qs8_average_pool'; factors?: Float32Array; windows: Int8Windows };
      const output = backend.makeOutput(wordsFor(batch * windows.outHeight * windows.outWidth * windows.channels), 'int32');
      withTemporary(backend.kernels, (temporary) =>
        runWindows(backend.kernels, kernel, {
          ...{ ...rest, ...windows, batch },
          x: backend.address(inputs['x'] as TensorInfo),
          to: backend.address(output),
          factors: factors ? temporary.put(factors) : 0,
        }),
      );
      return output;
    },
  },
  {
    name: 'XInt8Add',
    run: ({ inputs, attrs, backend }) => {
      const { count, aZero, aUnsigned, aFactor, bZero, bUnsigned, bFactor, ...rest } = attrs as unknown as Sum;
      const output = backend.makeOutput(wordsFor(count), 'int32');
      addBytes(backend.kernels, {
        ...{ ...rest, count, to: backend.address(output) },
        a: { at: backend.address(inputs['a'] as TensorInfo), zero: aZero, unsigned: aUnsigned, factor: aFactor },
        b: { at: backend.address(inputs['b'] as TensorInfo), zero: bZero, unsigned: bUnsigned, factor: bFactor },
      });
      return output;
    },
  },
  {
    name: 'XInt8Map',
    run: ({ inputs, attrs, backend }) => {
      const { count } = attrs as unknown as { count: number };
      const output = backend.makeOutput(wordsFor(count), 'int32');
      const [x, table] = [inputs['x'], inputs['table']].map((tensor) => backend.address(tensor as TensorInfo)) as [number, number];
      mapBytes(backend.kernels, x, table, backend.address(output), count);
      return output;
    },
  },
];
