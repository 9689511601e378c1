import type { BackendKernel } from './kernel.ts';
import { fusedMatMulKernel, linearKernel } from './fused-matmul.ts';
import { batchMatMul } from './matmul.ts';

/** Every tfjs kernel that we run ourselves; the others are tfjs's own. */
export const backendKernels: readonly BackendKernel[] = [batchMatMul, fusedMatMulKernel, linearKernel];
