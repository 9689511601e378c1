import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { GemmActivation } from '../../kernels/product.ts';
import { paddedBatch } from '../../kernels/sparse/layout.ts';
import { sddmm } from '../../kernels/sparse/sddmm.ts';
import { spmm } from '../../kernels/sparse/spmm.ts';
import type { BackendKernel } from '../kernel.ts';

/** What the products need of a pattern: its sizes, and its tensors by rows and by columns. */
interface Pattern {
  readonly rows: number;
  readonly columns: number;
  readonly nonZeros: number;
  onDevice(): Readonly<Record<'pointers' | 'indices' | 'acrossPointers' | 'acrossIndices' | 'permutation', TensorInfo>>;
}

interface Attributes {
  readonly pattern: Pattern;
  readonly batch: number;
}

type Named = Readonly<Record<string, TensorInfo>>;

export const linearKernels: readonly BackendKernel[] = [
  {
    /** y[batch, rows] = activation(x·Sᵀ + bias), x in blocks. */
    name: 'XSparseLinear',
    run: ({ inputs, attrs, backend }) => {
      const { blocks, values, bias } = inputs as Named;
      const { pattern, batch, activation, slope } = attrs as unknown as Attributes & { activation: GemmActivation; slope: number };
      const { rows, columns, nonZeros } = pattern;
      const { pointers, indices } = pattern.onDevice();
      const output = backend.makeOutput([batch, rows], 'float32');
      spmm(backend.kernels, {
        pointers: backend.address(pointers),
        indices: backend.address(indices),
        values: backend.address(values as TensorInfo),
        x: backend.address(blocks as TensorInfo),
        y: backend.address(output),
        ...{ rows, columns, batch, nonZeros, activation, slope },
        bias: bias ? backend.address(bias) : 0,
      });
      return output;
    },
  },
  {
    /** dx = d·S, both in blocks, by way of the columns. */
    name: 'XSparseLinearInputGrad',
    run: ({ inputs, attrs, backend }) => {
      const { d, values } = inputs as Named;
      const { pattern, batch } = attrs as unknown as Attributes;
      const { acrossPointers, acrossIndices, permutation } = pattern.onDevice();
      const output = backend.makeOutput([paddedBatch(batch) * pattern.columns], 'float32');
      spmm(backend.kernels, {
        pointers: backend.address(acrossPointers),
        indices: backend.address(acrossIndices),
        permutation: backend.address(permutation),
        values: backend.address(values as TensorInfo),
        x: backend.address(d as TensorInfo),
        y: backend.address(output),
        inBlocks: true,
        rows: pattern.columns,
        columns: pattern.rows,
        batch,
        nonZeros: pattern.nonZeros,
      });
      return output;
    },
  },
  {
    /** dvalues = dᵀ·x at the non-zeros, both in blocks; 0 for values beyond them. */
    name: 'XSparseLinearValuesGrad',
    run: ({ inputs, attrs, backend }) => {
      const { d, blocks } = inputs as Named;
      const { pattern, batch, size } = attrs as unknown as Attributes & { size: number };
      const { rows, columns, nonZeros } = pattern;
      const { pointers, indices } = pattern.onDevice();
      const output = backend.makeOutput([size], 'float32');
      const at = backend.address(output);
      backend.heap.floats.fill(0, at / 4 + nonZeros, at / 4 + size);
      sddmm(backend.kernels, {
        pointers: backend.address(pointers),
        indices: backend.address(indices),
        values: at,
        d: backend.address(d as TensorInfo),
        x: backend.address(blocks as TensorInfo),
        ...{ rows, columns, batch, nonZeros },
      });
      return output;
    },
  },
];
