import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import type { BackendKernel } from './kernel.ts';

/** The same values under the same shape. */
const identity: BackendKernel = {
  name: 'Identity',
  run: ({ inputs, backend }) => {
    const x = inputs['x'] as TensorInfo;
    return backend.share(x, x.shape);
  },
};

/** The same values under another shape; -1 stands for the size that fits. */
const reshape: BackendKernel = {
  name: 'Reshape',
  run: ({ inputs, attrs, backend }) => {
    const x = inputs['x'] as TensorInfo;
    const { shape } = attrs as { shape: number[] };
    const size = util.sizeFromShape(x.shape);
    const given = util.inferFromImplicitShape(shape, size);
    util.assert(
      size === util.sizeFromShape(given),
      () => `new shape: ${given}, old shape: ${x.shape}. New shape and old shape must have the same number of elements.`,
    );
    return backend.share(x, given);
  },
};

export const identityKernels: readonly BackendKernel[] = [identity, reshape];
