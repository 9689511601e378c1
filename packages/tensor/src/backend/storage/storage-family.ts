import type { KernelFamily } from '../kernel.ts';
import { boundedKernels } from './bounded.ts';
import { compressKernels } from './compress.ts';
import { roundKernel } from './round.ts';

/** Numbers of a training step in fewer bits. */
export const storageFamily: KernelFamily = {
  bytes: {
    simd: () => import('../../generated/storage-simd.ts'),
    relaxed: () => import('../../generated/storage-relaxed.ts'),
    wide: () => import('../../generated/storage-wide.ts'),
  },
  kernels: [...compressKernels, ...boundedKernels, roundKernel],
};
