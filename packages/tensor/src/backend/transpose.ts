import type { TensorInfo } from '@tensorflow/tfjs-core';
import { transpose } from '../kernels/transpose.ts';
import { elementWidth } from './element-width.ts';
import type { BackendKernel } from './kernel.ts';

/** Whether the permutation leaves the axes longer than 1 in their order, so that the values stay where they are. */
function keepsOrder(shape: readonly number[], permutation: readonly number[]): boolean {
  const long = permutation.filter((axis) => shape[axis] !== 1);
  return long.every((axis, i) => i === 0 || axis > (long[i - 1] as number));
}

const transposeKernel: BackendKernel = {
  name: 'Transpose',
  run: (call, beneath) => {
    const x = call.inputs['x'] as TensorInfo;
    const { perm: permutation } = call.attrs as { perm: number[] };
    const { backend } = call;
    const shape = permutation.map((axis) => x.shape[axis] as number);
    if (keepsOrder(x.shape, permutation)) return backend.share(x, shape);
    const width = elementWidth(x);
    if (width === 0) return beneath(call);
    const output = backend.makeOutput(shape, x.dtype);
    if (transpose(backend.kernels, { x: backend.address(x), to: backend.address(output), shape: x.shape, permutation, width }))
      return output;
    backend.disposeData(output.dataId);
    return beneath(call);
  },
};

export const transposeKernels: readonly BackendKernel[] = [transposeKernel];
