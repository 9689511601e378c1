import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';
import type { ElementwiseKernel } from '../kernels/elementwise.ts';
import type { BackendKernel } from './kernel.ts';
import { unary } from './unary.ts';

/** Kernels by the type to and the type from. */
const kernels: Record<string, Record<string, ElementwiseKernel>> = {
  float32: {
    int32: { name: 'f32_from_i32', inputs: [4], output: 4, share: 16384 },
    bool: { name: 'f32_from_bool', inputs: [1], output: 4, share: 16384 },
  },
  int32: {
    float32: { name: 'i32_from_f32', inputs: [4], output: 4, share: 16384 },
    bool: { name: 'i32_from_bool', inputs: [1], output: 4, share: 16384 },
  },
  bool: {
    float32: { name: 'bool_from_f32', inputs: [4], output: 1, share: 16384 },
    int32: { name: 'bool_from_i32', inputs: [4], output: 1, share: 16384 },
  },
};

const cast: BackendKernel = {
  name: 'Cast',
  run: (call, beneath) => {
    const x = call.inputs['x'] as TensorInfo;
    const { dtype } = call.attrs as unknown as { dtype: DataType };
    if (x.dtype === dtype) return call.backend.share(x, x.shape);
    const kernel = kernels[dtype]?.[x.dtype];
    return kernel ? unary(call.backend, kernel, x, dtype) : beneath(call);
  },
};

export const castKernels: readonly BackendKernel[] = [cast];
