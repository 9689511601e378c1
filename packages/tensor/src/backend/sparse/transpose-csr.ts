import type { TensorInfo } from '@tensorflow/tfjs-core';
import { transposeCsr } from '../../kernels/sparse/transpose-csr.ts';
import type { BackendKernel } from '../kernel.ts';

/** [pointers, indices, permutation] of a pattern's columns. */
export const transposeCsrKernel: BackendKernel = {
  name: 'XTransposeCsr',
  run: ({ inputs, attrs, backend }) => {
    const { pointers, indices } = inputs as { pointers: TensorInfo; indices: TensorInfo };
    const { rows, columns } = attrs as unknown as { rows: number; columns: number };
    const nonZeros = indices.shape[0] as number;
    const outputs = [columns + 1, nonZeros, nonZeros].map((size) => backend.makeOutput([size], 'int32'));
    const [acrossPointers, acrossIndices, permutation] = outputs.map((output) => backend.address(output)) as [number, number, number];
    transposeCsr(backend.kernels, {
      pointers: backend.address(pointers),
      indices: backend.address(indices),
      ...{ rows, columns, nonZeros, acrossPointers, acrossIndices, permutation },
    });
    return outputs;
  },
};
