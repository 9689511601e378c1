import type { Kernels } from '../../runtime/kernels.ts';

/** @throws {Error} if the family `quant` is not loaded. */
export function needQuantKernels(kernels: Kernels): void {
  if (!kernels.has('qs8_gemm'))
    throw new Error(
      `The kernels for integers of few bits are not loaded. Call \`await (await enable()).load('quant')\` once, before the first quantized operation.`,
    );
}
