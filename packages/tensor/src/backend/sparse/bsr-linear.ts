import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { GemmActivation } from '../../kernels/product.ts';
import { bsrSddmm, bsrSpmm } from '../../kernels/sparse/bsr.ts';
import type { BackendKernel } from '../kernel.ts';
import { inBlocks, makeInBlocks } from './in-blocks.ts';

type PatternTensor = 'pointers' | 'indices' | 'acrossPointers' | 'acrossIndices' | 'permutation';

/** What the products need of a pattern of blocks. */
interface Pattern {
  readonly rows: number;
  readonly columns: number;
  readonly block: readonly [height: number, width: number];
  /** Which blocks there are. */
  readonly grid: {
    readonly rows: number;
    readonly columns: number;
    readonly nonZeros: number;
    onDevice(): Readonly<Record<PatternTensor, TensorInfo>>;
  };
}

export const bsrLinearKernels: readonly BackendKernel[] = [
  {
    /** y[batch, rows] = activation(x·Sᵀ + bias). */
    name: 'XBsrLinear',
    run: ({ inputs, attrs, backend }) => {
      const { x, values, bias } = inputs as { x: TensorInfo; values: TensorInfo; bias?: TensorInfo };
      const { pattern, activation, slope } = attrs as unknown as { pattern: Pattern; activation: GemmActivation; slope: number };
      const { grid, block } = pattern;
      const { pointers, indices } = grid.onDevice();
      const batch = x.shape[0] as number;
      const call = {
        pointers: backend.address(pointers),
        indices: backend.address(indices),
        values: backend.address(values),
        blockRows: grid.rows,
        blockColumns: grid.columns,
        height: block[0],
        width: block[1],
        blocks: grid.nonZeros,
        ...{ batch, activation, slope },
        bias: bias ? backend.address(bias) : 0,
      };
      return inBlocks(backend, [x], (blocks) => {
        const output = makeInBlocks(backend, batch, pattern.rows);
        bsrSpmm(backend.kernels, { ...call, x: blocks as number, y: output.address });
        return output.tensor;
      });
    },
  },
  {
    /** dx = d·S, by way of the columns of blocks. */
    name: 'XBsrInputGrad',
    run: ({ inputs, attrs, backend }) => {
      const { d, values } = inputs as { d: TensorInfo; values: TensorInfo };
      const { pattern } = attrs as unknown as { pattern: Pattern };
      const { grid, block } = pattern;
      const { acrossPointers, acrossIndices, permutation } = grid.onDevice();
      const batch = d.shape[0] as number;
      const call = {
        pointers: backend.address(acrossPointers),
        indices: backend.address(acrossIndices),
        order: backend.address(permutation),
        transposed: true,
        values: backend.address(values),
        blockRows: grid.columns,
        blockColumns: grid.rows,
        height: block[1],
        width: block[0],
        blocks: grid.nonZeros,
        batch,
      };
      return inBlocks(backend, [d], (blocks) => {
        const output = makeInBlocks(backend, batch, pattern.columns);
        bsrSpmm(backend.kernels, { ...call, x: blocks as number, y: output.address });
        return output.tensor;
      });
    },
  },
  {
    /** dvalues = dᵀ·x at the blocks. */
    name: 'XBsrValuesGrad',
    run: ({ inputs, attrs, backend }) => {
      const { d, x } = inputs as { d: TensorInfo; x: TensorInfo };
      const { pattern } = attrs as unknown as { pattern: Pattern };
      const { grid, block } = pattern;
      const { pointers, indices } = grid.onDevice();
      const output = backend.makeOutput([grid.nonZeros * block[0] * block[1]], 'float32');
      const call = {
        pointers: backend.address(pointers),
        indices: backend.address(indices),
        values: backend.address(output),
        blockRows: grid.rows,
        blockColumns: grid.columns,
        height: block[0],
        width: block[1],
        blocks: grid.nonZeros,
        batch: x.shape[0] as number,
      };
      inBlocks(backend, [d, x], (dBlocks, xBlocks) => bsrSddmm(backend.kernels, { ...call, d: dBlocks as number, x: xBlocks as number }));
      return output;
    },
  },
];
