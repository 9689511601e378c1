import type { TensorInfo } from '@tensorflow/tfjs-core';
import { fromBlocks, toBlocks } from '../../kernels/sparse/blocks.ts';
import { paddedBatch } from '../../kernels/sparse/layout.ts';
import type { BackendKernel } from '../kernel.ts';
import { needSparseKernels } from './loaded.ts';

interface Attributes {
  readonly batch: number;
  readonly features: number;
}

export const blocksKernels: readonly BackendKernel[] = [
  {
    /** x[batch, features] in the sparse products' layout. */
    name: 'XSparseBlocks',
    run: ({ inputs, attrs, backend }) => {
      needSparseKernels(backend.kernels);
      const { batch, features } = attrs as unknown as Attributes;
      const output = backend.makeOutput([paddedBatch(batch) * features], 'float32');
      toBlocks(backend.kernels, { rowMajor: backend.address(inputs['x'] as TensorInfo), blocks: backend.address(output), batch, features });
      return output;
    },
  },
  {
    name: 'XSparseFromBlocks',
    run: ({ inputs, attrs, backend }) => {
      const { batch, features } = attrs as unknown as Attributes;
      const output = backend.makeOutput([batch, features], 'float32');
      fromBlocks(backend.kernels, {
        rowMajor: backend.address(output),
        blocks: backend.address(inputs['blocks'] as TensorInfo),
        batch,
        features,
      });
      return output;
    },
  },
];
