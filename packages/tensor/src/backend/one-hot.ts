import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import { oneHot } from '../kernels/one-hot.ts';
import { wordOf } from './constant.ts';
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
    oneHot(backend.kernels, {
      indices: backend.address(indices),
      to: backend.address(output),
      rows: util.sizeFromShape(indices.shape),
      depth,
      width: dtype === 'bool' ? 1 : 4,
      on: wordOf(onValue, dtype),
      off: wordOf(offValue, dtype),
    });
    return output;
  },
};
