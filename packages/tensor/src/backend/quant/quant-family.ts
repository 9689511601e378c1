import type { KernelFamily } from '../kernel.ts';
import { adam8Kernel } from './adam8.ts';
import { compressKernels } from './compress.ts';
import { fakeQuantizeKernels } from './fake-quantize.ts';
import { int8ImageKernels } from './int8-images.ts';
import { int8LinearKernels } from './int8-linear.ts';
import { floatLinearKernel, groupedLinearKernel, quantizedLinearKernel } from './quantized-linear.ts';
import { quantizeKernels } from './quantize.ts';

/** Integers of few bits. */
export const quantFamily: KernelFamily = {
  kernels: [
    ...quantizeKernels,
    ...fakeQuantizeKernels,
    adam8Kernel,
    ...compressKernels,
    ...int8LinearKernels,
    ...int8ImageKernels,
    quantizedLinearKernel,
    groupedLinearKernel,
    floatLinearKernel,
  ],
};
