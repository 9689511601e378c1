import type { BackendKernel } from '../kernel.ts';
import { linearKernels } from './linear.ts';

/** They are there with the backend, and work once the family `sparse` is loaded. */
export const sparseKernels: readonly BackendKernel[] = [...linearKernels];
