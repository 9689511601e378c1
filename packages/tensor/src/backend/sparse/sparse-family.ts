import type { KernelFamily } from '../kernel.ts';
import { absentAboveKernel } from './absent-above.ts';
import { activeLinearKernel } from './active-linear.ts';
import { bsrLinearKernels } from './bsr-linear.ts';
import { linearKernels } from './linear.ts';
import { outputGradientKernel } from './output-gradient.ts';
import { sparseSelfTest } from './self-test.ts';
import { transposeCsrKernel } from './transpose-csr.ts';

/** Products with sparse matrices. */
export const sparseFamily: KernelFamily = {
  kernels: [...linearKernels, ...bsrLinearKernels, outputGradientKernel, transposeCsrKernel, absentAboveKernel, activeLinearKernel],
  selfTest: sparseSelfTest,
};
