import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { GemmActivation } from '../../kernels/product.ts';
import { dequantizeBytes, quantizeBytes } from '../../kernels/quant/quantize.ts';
import { paddedBatch } from '../../kernels/sparse/layout.ts';
import { qs8Spmm } from '../../kernels/sparse/qs8-spmm.ts';
import { scaleRows } from '../../kernels/sparse/scale-rows.ts';
import { spmm } from '../../kernels/sparse/spmm.ts';
import type { BackendKernel } from '../kernel.ts';
import { oddElement } from '../odd-element.ts';
import { borrowed } from './borrowed.ts';
import { inBlocks, makeInBlocks } from './in-blocks.ts';

interface Attributes {
  readonly matrix: {
    readonly rows: number;
    readonly columns: number;
    readonly nonZeros: number;
    readonly sumsFitFloat32: boolean;
    onDevice(): Readonly<Record<'pointers' | 'indices' | 'values' | 'scales' | 'sums', TensorInfo>>;
  };
  readonly scale: number;
  readonly zeroPoint: number;
  readonly activation: GemmActivation;
  readonly slope: number;
}

/** y[batch, rows] = activation(x̂·Ŝᵀ + bias) of 8-bit integers; x and y in blocks, see inBlocks. */
export const int8LinearKernel: BackendKernel = {
  name: 'XInt8CsrLinear',
  run: ({ inputs, attrs, backend }) => {
    const { x, bias } = inputs as { x: TensorInfo; bias?: TensorInfo };
    const { matrix, scale, zeroPoint, activation, slope } = attrs as unknown as Attributes;
    const { rows, columns, nonZeros } = matrix;
    const batch = x.shape[0] as number;
    const tensors = matrix.onDevice();
    const [pointers, indices, values, scales, sums] = (['pointers', 'indices', 'values', 'scales', 'sums'] as const).map((name) =>
      backend.address(tensors[name]),
    ) as [number, number, number, number, number];
    const atBias = bias ? backend.address(bias) : 0;
    const count = paddedBatch(batch) * columns;
    return inBlocks(backend, [x], (blocks) =>
      borrowed(backend, Math.ceil(count / 4), (bytes) => {
        const quantization = { scale, zero: zeroPoint, least: -128, most: 127, unsigned: false };
        if (!quantizeBytes(backend.kernels, { x: blocks as number, to: bytes, count, ...quantization }))
          throw new RangeError(`int8CsrLinear: ${oddElement(backend, x)}, which no integer stands for; find out where it came from.`);
        const output = makeInBlocks(backend, batch, rows);
        if (matrix.sumsFitFloat32)
          // Multiply-adds of float32 are exact then, and faster than those of bytes.
          return borrowed(backend, count, (whole) => {
            dequantizeBytes(backend.kernels, { x: bytes, to: whole, count, scale: 1, zero: zeroPoint, unsigned: false });
            spmm(backend.kernels, { pointers, indices, values, x: whole, y: output.address, rows, columns, batch, nonZeros });
            scaleRows(backend.kernels, { y: output.address, rows, batch, scales, inputScale: scale, bias: atBias, activation, slope });
            return output.tensor;
          });
        qs8Spmm(backend.kernels, {
          ...{ pointers, indices, values, x: bytes, y: output.address, rows, columns, batch, nonZeros },
          ...{ scales, sums, inputScale: scale, zero: zeroPoint, bias: atBias, activation, slope },
        });
        return output.tensor;
      }),
    );
  },
};
