import type { KernelFamily } from '../kernel.ts';
import { adam8Kernel } from './adam8.ts';
import { fakeQuantizeKernels } from './fake-quantize.ts';
import { int8ImageKernels } from './int8-images.ts';
import { int8LinearKernels } from './int8-linear.ts';
import { floatLinearKernel, groupedLinearKernel, quantizedLinearKernel } from './quantized-linear.ts';
import { quantizeKernels } from './quantize.ts';

/** Integers of few bits. */
export const quantFamily: KernelFamily = {
  bytes: {
    simd: () => import('../../generated/quant-simd.ts'),
    relaxed: () => import('../../generated/quant-relaxed.ts'),
    wide: () => import('../../generated/quant-wide.ts'),
  },
  kernels: [
    ...quantizeKernels,
    ...fakeQuantizeKernels,
    adam8Kernel,
    ...int8LinearKernels,
    ...int8ImageKernels,
    quantizedLinearKernel,
    groupedLinearKernel,
    floatLinearKernel,
  ],
};
