import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import type { GemmActivation } from '../../kernels/product.ts';
import { dotMode } from '../../kernels/quant/dot-mode.ts';
import type { Int8Windows } from '../../kernels/quant/int8-windows.ts';
import { qs8, type Int8Output, type Qs8 } from '../../kernels/quant/qs8.ts';
import type { RequantizationRounding } from '../../kernels/quant/requantization.ts';
import { quantizeMultiplier } from '../../kernels/reference/quant/fixed-point.ts';
import type { XBackend } from '../backend.ts';
import type { BackendKernel } from '../kernel.ts';
import { withTemporary } from './temporary.ts';

/** What the products need of a quantized matrix. */
export interface Matrix {
  readonly inputs: number;
  readonly units: number;
  readonly groups: number;
  readonly layout: { readonly nibbles: boolean };
  readonly pairsFit: boolean;
  rowMajor(): TensorInfo;
  onDevice(): {
    readonly packed: TensorInfo;
    readonly scales: TensorInfo;
    readonly sums: TensorInfo;
    readonly zeroPoints: TensorInfo | undefined;
  };
}

/** The matrix's part of a call. */
export function weightOf(backend: XBackend, matrix: Matrix): Pick<Qs8, 'inputs' | 'units' | 'nibbles' | 'weights' | 'sums' | 'zeros'> {
  const { packed, sums, zeroPoints } = matrix.onDevice();
  return {
    ...{ inputs: matrix.inputs, units: matrix.units, nibbles: matrix.layout.nibbles },
    weights: backend.address(packed),
    sums: backend.address(sums),
    zeros: zeroPoints ? backend.address(zeroPoints) : 0,
  };
}

export function modeOf(backend: XBackend, matrix: Matrix, rows: number): ReturnType<typeof dotMode> {
  return dotMode(backend.kernels, () => matrix.layout.nibbles || matrix.pairsFit, rows);
}

interface Attributes {
  readonly matrix: Matrix;
  readonly rows: number;
  readonly windows?: Int8Windows;
  readonly pooled?: boolean;
  readonly xZero: number;
  readonly xUnsigned: boolean;
}

export interface ToBytes {
  readonly bias: Int32Array | undefined;
  /** What each unit's sums are multiplied by. */
  readonly factors: Float64Array;
  readonly rounding: RequantizationRounding;
  readonly zero: number;
  readonly least: number;
  readonly most: number;
  readonly unsigned: boolean;
}

interface ToFloats {
  readonly xScale: number;
  readonly activation: GemmActivation;
  readonly slope: number;
}

export function factorsOf(factors: Float64Array, rounding: RequantizationRounding): Float32Array | Int32Array {
  if (rounding === 'fp32') return new Float32Array(factors);
  const pairs = new Int32Array(factors.length * 2);
  factors.forEach((factor, unit) => {
    const { multiplier, shift } = quantizeMultiplier(factor, rounding === 'single');
    pairs[2 * unit] = multiplier;
    pairs[2 * unit + 1] = shift;
  });
  return pairs;
}

export const int8LinearKernels: readonly BackendKernel[] = [
  {
    /** Sums of products of bytes: int32[rows, units]. */
    name: 'XInt8MatMul',
    run: ({ inputs, attrs, backend }) => {
      const { matrix, rows, xZero, xUnsigned } = attrs as unknown as Attributes;
      const output = backend.makeOutput([rows, matrix.units], 'int32');
      qs8(backend.kernels, modeOf(backend, matrix, rows), {
        ...weightOf(backend, matrix),
        ...{ x: backend.address(inputs['x'] as TensorInfo), xUnsigned, xZero, rows, bias: 0, c: backend.address(output) },
        output: { kind: 'int32' },
      });
      return output;
    },
  },
  {
    /** Bytes to bytes, of rows or of windows of images: int32[ceil(rows · units / 4)], pooled a quarter of it. */
    name: 'XInt8Linear',
    run: ({ inputs, attrs, backend }) => {
      const { matrix, rows, windows, pooled, xZero, xUnsigned, bias, factors, rounding, zero, least, most, unsigned } =
        attrs as unknown as Attributes & ToBytes;
      const output = backend.makeOutput([Math.ceil(((pooled ? rows / 4 : rows) * matrix.units) / 4)], 'int32');
      withTemporary(backend.kernels, (temporary) => {
        const to: Int8Output = { kind: rounding, factors: temporary.put(factorsOf(factors, rounding)), zero, least, most, unsigned };
        qs8(backend.kernels, modeOf(backend, matrix, rows), {
          ...weightOf(backend, matrix),
          ...{ x: backend.address(inputs['x'] as TensorInfo), xUnsigned, xZero, rows, windows, pooled },
          bias: bias ? temporary.put(bias) : 0,
          c: backend.address(output),
          output: to,
        });
      });
      return output;
    },
  },
  {
    /** Bytes to floats, of rows or of windows of images: float32[rows, units]. */
    name: 'XInt8ToFloat',
    run: ({ inputs, attrs, backend }) => {
      const { matrix, rows, windows, xZero, xUnsigned, xScale, activation, slope } = attrs as unknown as Attributes & ToFloats;
      const bias = inputs['bias'];
      const output = backend.makeOutput([rows, matrix.units], 'float32');
      qs8(backend.kernels, modeOf(backend, matrix, rows), {
        ...weightOf(backend, matrix),
        ...{ x: backend.address(inputs['x'] as TensorInfo), xUnsigned, xZero, rows, windows },
        bias: bias ? backend.address(bias) : 0,
        c: backend.address(output),
        output: { kind: 'float32', factors: backend.address(matrix.onDevice().scales), rowFactors: 0, xScale, activation, slope },
      });
      return output;
    },
  },
];

/** Rows of a tensor with so many values in each. */
export function rowsOf(x: TensorInfo, inputs: number): number {
  return util.sizeFromShape(x.shape) / inputs;
}
