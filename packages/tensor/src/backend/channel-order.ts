import { getKernel, type TensorInfo } from '@tensorflow/tfjs-core';
import type { XBackend } from './backend.ts';
import { replace } from './fused-matmul.ts';

/** A copy of x[n, c, h, w] as [n, h, w, c]. */
export function pixelsFirst(backend: XBackend, x: TensorInfo): TensorInfo {
  const transpose = getKernel('Transpose', 'x');
  if (!transpose) throw new Error("internal: backend 'x' has no kernel Transpose");
  return transpose.kernelFunc({ inputs: { x }, attrs: { perm: [0, 2, 3, 1] }, backend }) as TensorInfo;
}

/** x[n, h, w, c] as [n, c, h, w]; `x` is dropped. */
export function channelsFirst(backend: XBackend, x: TensorInfo): TensorInfo {
  return replace(backend, x, 'Transpose', { x }, { perm: [0, 3, 1, 2] });
}
