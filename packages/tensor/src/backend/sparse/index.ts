import type { BackendKernel } from '../kernel.ts';
import { absentAboveKernel } from './absent-above.ts';
import { activeLinearKernel } from './active-linear.ts';
import { bsrLinearKernels } from './bsr-linear.ts';
import { linearKernels } from './linear.ts';

/** They are there with the backend, and work once the family `sparse` is loaded. */
export const sparseKernels: readonly BackendKernel[] = [...linearKernels, ...bsrLinearKernels, absentAboveKernel, activeLinearKernel];
