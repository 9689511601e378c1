import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import { dropout } from '../kernels/dropout.ts';
import type { BackendKernel } from './kernel.ts';

/** x with the elements that a key's stream picks set to 0, and the others scaled. */
export const dropoutKernel: BackendKernel = {
  name: 'XDropout',
  run: ({ inputs, attrs, backend }) => {
    const x = inputs['x'] as TensorInfo;
    if (x.dtype !== 'float32') throw new Error(`XDropout: x must be float32, not ${x.dtype} [${x.shape}].`);
    const { key, threshold, scale } = attrs as unknown as { key: [number, number]; threshold: number; scale: number };
    const output = backend.makeOutput(x.shape, 'float32');
    dropout(backend.kernels, {
      x: backend.address(x),
      to: backend.address(output),
      count: util.sizeFromShape(x.shape),
      key,
      threshold,
      scale,
    });
    return output;
  },
};
