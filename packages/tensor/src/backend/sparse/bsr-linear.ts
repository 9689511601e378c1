import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { GemmActivation } from '../../kernels/product.ts';
import { backwardParts } from '../../kernels/sparse/backward.ts';
import { bsrBackward, bsrSddmm, bsrSpmm, type Bsr } from '../../kernels/sparse/bsr.ts';
import type { XBackend } from '../backend.ts';
import type { BackendKernel } from '../kernel.ts';
import { borrowed } from './borrowed.ts';
import { dropCopy, inBlocks, keepInBlocks, makeInBlocks } from './in-blocks.ts';

type PatternTensor = 'pointers' | 'indices' | 'acrossPointers' | 'acrossIndices' | 'permutation';

/** What the products need of a pattern of blocks. */
interface Pattern {
  readonly rows: number;
  readonly columns: number;
  readonly nonZeros: number;
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
      const { pattern, activation, slope, recorded } = attrs as unknown as {
        pattern: Pattern;
        activation: GemmActivation;
        slope: number;
        recorded?: boolean;
      };
      const batch = x.shape[0] as number;
      const matrix = byRows(backend, pattern);
      const own = { values: backend.address(values), bias: bias ? backend.address(bias) : 0 };
      if (recorded) keepInBlocks(backend, x);
      return inBlocks(backend, [x], (blocks) => {
        const output = makeInBlocks(backend, batch, pattern.rows);
        bsrSpmm(backend.kernels, { ...matrix, ...own, batch, activation, slope, x: blocks as number, y: output.address });
        return output.tensor;
      });
    },
  },
  {
    /** dx = d·S; and into `dvalues`, which has room, dᵀ·x at the blocks. */
    name: 'XBsrBackward',
    run: ({ inputs, attrs, backend }) => {
      const { d, x, values, dvalues } = inputs as { d: TensorInfo; x: TensorInfo; values: TensorInfo; dvalues: TensorInfo };
      const { pattern } = attrs as unknown as { pattern: Pattern };
      const batch = d.shape[0] as number;
      const matrix = byColumns(backend, pattern);
      const at = { values: backend.address(values), dvalues: backend.address(dvalues) };
      const dx = inBlocks(backend, [d, x], (dBlocks, xBlocks) => {
        const output = makeInBlocks(backend, batch, pattern.columns);
        const product = { ...matrix, batch, values: at.values, x: dBlocks as number, y: output.address };
        withRoom(backend, batch, pattern, (work) => {
          if (gradientsByColumns(pattern))
            return bsrBackward(backend.kernels, { ...product, a: xBlocks as number, dvalues: at.dvalues, work });
          bsrSpmm(backend.kernels, product);
          bsrSddmm(backend.kernels, {
            ...byRows(backend, pattern),
            ...{ batch, work, x: xBlocks as number, a: dBlocks as number, dvalues: at.dvalues },
          });
        });
        return output.tensor;
      });
      dropCopy(backend, x);
      return dx;
    },
  },
  {
    /** dx = d·S alone. */
    name: 'XBsrInputGrad',
    run: ({ inputs, attrs, backend }) => {
      const { d, values } = inputs as { d: TensorInfo; values: TensorInfo };
      const { pattern } = attrs as unknown as { pattern: Pattern };
      const batch = d.shape[0] as number;
      const call = { ...byColumns(backend, pattern), batch, values: backend.address(values) };
      return inBlocks(backend, [d], (blocks) => {
        const output = makeInBlocks(backend, batch, pattern.columns);
        bsrSpmm(backend.kernels, { ...call, x: blocks as number, y: output.address });
        return output.tensor;
      });
    },
  },
  {
    /** dvalues = dᵀ·x at the blocks alone. */
    name: 'XBsrValuesGrad',
    run: ({ inputs, attrs, backend }) => {
      const { d, x } = inputs as { d: TensorInfo; x: TensorInfo };
      const { pattern } = attrs as unknown as { pattern: Pattern };
      const batch = x.shape[0] as number;
      const output = backend.makeOutput([pattern.nonZeros], 'float32');
      const dvalues = backend.address(output);
      const across = gradientsByColumns(pattern);
      const matrix = across ? byColumns(backend, pattern) : byRows(backend, pattern);
      inBlocks(backend, [d, x], (...[ofRows, ofColumns]) =>
        withRoom(backend, batch, pattern, (work) =>
          bsrSddmm(backend.kernels, {
            ...{ ...matrix, batch, dvalues, work },
            x: (across ? ofRows : ofColumns) as number,
            a: (across ? ofColumns : ofRows) as number,
          }),
        ),
      );
      dropCopy(backend, x);
      return output;
    },
  },
];

/** Whether the values' gradients are better made column by column: four columns of a block lie side by side. */
function gradientsByColumns({ block: [height, width] }: Pattern): boolean {
  return width >= 4 || height < 4;
}

type Matrix = Omit<Bsr, 'batch' | 'x'>;

function byRows(backend: XBackend, { grid, block }: Pattern): Matrix {
  const { pointers, indices } = grid.onDevice();
  return {
    pointers: backend.address(pointers),
    indices: backend.address(indices),
    blockRows: grid.rows,
    blockColumns: grid.columns,
    height: block[0],
    width: block[1],
    blocks: grid.nonZeros,
  };
}

function byColumns(backend: XBackend, { grid, block }: Pattern): Matrix {
  const { acrossPointers, acrossIndices, permutation } = grid.onDevice();
  return {
    pointers: backend.address(acrossPointers),
    indices: backend.address(acrossIndices),
    order: backend.address(permutation),
    transposed: true,
    blockRows: grid.columns,
    blockColumns: grid.rows,
    height: block[1],
    width: block[0],
    blocks: grid.nonZeros,
  };
}

/** Room for the gradients of the values of all threads but one. */
function withRoom(backend: XBackend, batch: number, { nonZeros }: Pattern, use: (work: number) => void): void {
  borrowed(backend, (backwardParts(backend.kernels, batch, nonZeros) - 1) * nonZeros, use);
}
