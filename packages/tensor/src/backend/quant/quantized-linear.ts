import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { GemmActivation } from '../../kernels/product.ts';
import { dotMode } from '../../kernels/quant/dot-mode.ts';
import { floatRows } from '../../kernels/quant/float-rows.ts';
import { grouped, groupedMode } from '../../kernels/quant/grouped.ts';
import type { MatrixRows } from '../../kernels/quant/matrix-rows.ts';
import { quantizeBytes, quantizeGroups, quantizeRows } from '../../kernels/quant/quantize.ts';
import { qs8 } from '../../kernels/quant/qs8.ts';
import type { XBackend } from '../backend.ts';
import type { BackendKernel } from '../kernel.ts';
import { modeOf, rowsOf, weightOf, type Matrix } from './int8-linear.ts';
import { oddElement } from '../odd-element.ts';
import { withTemporary } from './temporary.ts';

interface Attributes {
  readonly matrix: Matrix;
  readonly quantization: 'dynamic' | { readonly scale: number; readonly zeroPoint: number; readonly type: 'int8' | 'uint8' };
  readonly activation: GemmActivation;
  readonly slope: number;
}

/** float32[rows, units] of a matrix without groups, by sums of integers. */
export const quantizedLinearKernel: BackendKernel = {
  name: 'XQuantizedLinear',
  run: ({ inputs, attrs, backend }) => {
    const { kernels } = backend;
    const x = inputs['x'] as TensorInfo;
    const bias = inputs['bias'];
    const { matrix, quantization, activation, slope } = attrs as unknown as Attributes;
    const rows = rowsOf(x, matrix.inputs);
    const dynamic = quantization === 'dynamic';
    const unsigned = !dynamic && quantization.type === 'uint8';
    const count = rows * matrix.inputs;
    const output = backend.makeOutput([rows, matrix.units], 'float32');
    withTemporary(kernels, (temporary) => {
      const to = temporary.allocate(count);
      const rowFactors = dynamic ? temporary.allocate(rows * 4) : 0;
      const rowZeros = dynamic ? temporary.allocate(rows * 4) : 0;
      const from = backend.address(x);
      const fine = dynamic
        ? quantizeRows(kernels, { x: from, to, parts: rows, width: matrix.inputs, scales: rowFactors, others: rowZeros })
        : quantizeBytes(kernels, {
            ...{ x: from, to, count, scale: quantization.scale, zero: quantization.zeroPoint, unsigned },
            ...(unsigned ? { least: 0, most: 255 } : { least: -128, most: 127 }),
          });
      if (!fine) {
        backend.disposeData(output.dataId);
        throw new RangeError(`quantizedLinear: ${oddElement(backend, x)}, which can't be quantized; find out where it came from.`);
      }
      qs8(kernels, modeOf(backend, matrix, rows), {
        ...weightOf(backend, matrix),
        ...{ x: to, xUnsigned: unsigned, xZero: dynamic ? 0 : quantization.zeroPoint, rowZeros, rows },
        bias: bias ? backend.address(bias) : 0,
        c: backend.address(output),
        output: {
          ...{ kind: 'float32', factors: backend.address(matrix.onDevice().scales), rowFactors, activation, slope },
          xScale: dynamic ? 0 : quantization.scale,
        },
      });
    });
    return output;
  },
};

/** float32[rows, units] of a matrix with groups, by sums of integers in each. */
export const groupedLinearKernel: BackendKernel = {
  name: 'XGroupedLinear',
  run: ({ inputs, attrs, backend }) => {
    const { kernels } = backend;
    const x = inputs['x'] as TensorInfo;
    const { matrix } = attrs as unknown as Attributes;
    const { groups, units } = matrix;
    const { nibbles } = matrix.layout;
    const rows = rowsOf(x, matrix.inputs);
    const groupSize = matrix.inputs / groups;
    // Activations are signed here and weights from 0 to 255, so that weights whose pairs fit gain nothing.
    const mode = groupedMode(
      kernels,
      dotMode(kernels, () => false),
      nibbles,
    );
    const wide = mode === 'exact';
    const output = backend.makeOutput([rows, units], 'float32');
    withTemporary(kernels, (temporary) => {
      const to = temporary.allocate(rows * matrix.inputs * (wide ? 2 : 1));
      const xScales = temporary.allocate(rows * groups * 4);
      const xSums = temporary.allocate(rows * groups * 4);
      const parts = { parts: rows * groups, width: groupSize, scales: xScales, others: xSums, wide };
      if (!quantizeGroups(kernels, { x: backend.address(x), to, ...parts })) {
        backend.disposeData(output.dataId);
        throw new RangeError(`quantizedLinear: ${oddElement(backend, x)}, which can't be quantized; find out where it came from.`);
      }
      grouped(kernels, mode, {
        ...rowsOfMatrix(backend, to, rows, output, inputs['bias'], attrs as unknown as Attributes),
        xScales,
        xSums,
        groupSize,
      });
    });
    return output;
  },
};

/** float32[rows, units] of a matrix with or without groups, which becomes floats a tile at a time. */
export const floatLinearKernel: BackendKernel = {
  name: 'XFloatLinear',
  run: ({ inputs, attrs, backend }) => {
    const x = inputs['x'] as TensorInfo;
    const { matrix } = attrs as unknown as Attributes;
    const rows = rowsOf(x, matrix.inputs);
    const output = backend.makeOutput([rows, matrix.units], 'float32');
    const common = rowsOfMatrix(backend, backend.address(x), rows, output, inputs['bias'], attrs as unknown as Attributes);
    floatRows(backend.kernels, { ...common, inputs: matrix.inputs });
    return output;
  },
};

function rowsOfMatrix(
  backend: XBackend,
  x: number,
  rows: number,
  output: TensorInfo,
  bias: TensorInfo | undefined,
  { matrix, activation, slope }: Attributes,
): MatrixRows {
  const { groups, units, layout } = matrix;
  const { packed, scales, zeroPoints } = matrix.onDevice();
  return {
    ...{ x, rows, groups, units, nibbles: layout.nibbles, activation, slope },
    weights: backend.address(packed),
    scales: backend.address(scales),
    zeros: zeroPoints ? backend.address(zeroPoints) : 0,
    y: backend.address(output),
    bias: bias ? backend.address(bias) : 0,
  };
}
