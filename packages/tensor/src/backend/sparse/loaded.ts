import type { Kernels } from '../../runtime/kernels.ts';

/** @throws {Error} if the family `sparse` is not loaded. */
export function needSparseKernels(kernels: Kernels): void {
  if (!kernels.has('f32_spmm'))
    throw new Error(
      `The sparse kernels are not loaded. Call \`await (await enable()).load('sparse')\` once, before the first sparse layer is used.`,
    );
}
