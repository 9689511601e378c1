import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import { fill } from '../kernels/fill.ts';
import type { BackendKernel } from './kernel.ts';

/** Rows of `offValue` with `onValue` at each index; an index out of range gives a row without it. tfjs's own writes integers into float tensors. */
export const oneHotKernel: BackendKernel = {
  name: 'OneHot',
  run: ({ inputs, attrs, backend }) => {
    const { indices } = inputs as { indices: TensorInfo };
    const { depth, onValue, offValue, dtype } = attrs as unknown as {
      depth: number;
      onValue: number;
      offValue: number;
      dtype: 'float32' | 'int32' | 'bool';
    };
    const output = backend.makeOutput([...indices.shape, depth], dtype);
    const from = backend.typedArrayFromHeap(indices);
    const to = backend.typedArrayFromHeap(output);
    // Zeros by all threads: nearly all there is to do.
    if (offValue === 0) fill(backend.kernels, backend.address(output), backend.data(output).bytes, 0);
    else to.fill(offValue);
    for (let row = 0; row < util.sizeFromShape(indices.shape); row++) {
      const index = from[row] as number;
      if (index >= 0 && index < depth) to[row * depth + index] = onValue;
    }
    return output;
  },
};
