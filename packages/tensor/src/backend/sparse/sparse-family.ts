import type { KernelFamily } from '../kernel.ts';
import { activeLinearKernel } from './active-linear.ts';
import { bsrLinearKernels } from './bsr-linear.ts';
import { int8LinearKernel } from './int8-linear.ts';
import { dividedLinearKernel } from './divided-linear.ts';
import { keepLargestKernel } from './keep-largest.ts';
import { largestAbsentKernel } from './largest-absent.ts';
import { linearKernels } from './linear.ts';
import { outputGradientKernel } from './output-gradient.ts';
import { rewireKernels } from './rewire.ts';
import { sparseSelfTest } from './self-test.ts';
import { transposeCsrKernel } from './transpose-csr.ts';

/** Products with sparse matrices. */
export const sparseFamily: KernelFamily = {
  bytes: {
    simd: () => import('../../generated/sparse-simd.ts'),
    relaxed: () => import('../../generated/sparse-relaxed.ts'),
    wide: () => import('../../generated/sparse-wide.ts'),
  },
  kernels: [
    ...linearKernels,
    ...bsrLinearKernels,
    int8LinearKernel,
    outputGradientKernel,
    dividedLinearKernel,
    activeLinearKernel,
    transposeCsrKernel,
    ...rewireKernels,
    keepLargestKernel,
    largestAbsentKernel,
  ],
  selfTest: sparseSelfTest,
};
