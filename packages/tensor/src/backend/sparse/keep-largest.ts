import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Compared } from '../../kernels/reference/sparse/keep-largest.ts';
import { keepLargest } from '../../kernels/sparse/select.ts';
import type { BackendKernel } from '../kernel.ts';

/** bool[size], true for the k largest, 1 <= k <= size. */
export const keepLargestKernel: BackendKernel = {
  name: 'XKeepLargest',
  run: ({ inputs, attrs, backend }) => {
    const { values } = inputs as { values: TensorInfo };
    const { k, by } = attrs as unknown as { k: number; by: Compared };
    const count = values.shape[0] as number;
    const output = backend.makeOutput([count], 'bool');
    keepLargest(backend.kernels, { values: backend.address(values), count, k, by, keep: backend.address(output) });
    return output;
  },
};
