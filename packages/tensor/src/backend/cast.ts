import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';
import type { ElementwiseKernel } from '../kernels/elementwise.ts';
import type { XBackend } from './backend.ts';
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

/** The tensor's values as another type; the same data if it is of that type already. */
export function castTensor(backend: XBackend, x: TensorInfo, dtype: DataType): TensorInfo {
  if (x.dtype === dtype) return backend.share(x, x.shape);
  const kernel = kernels[dtype]?.[x.dtype];
  if (!kernel) throw new Error(`Cast: a ${x.dtype} tensor can't become ${dtype}.`);
  return unary(backend, kernel, x, dtype);
}

const cast: BackendKernel = {
  name: 'Cast',
  run: (call, beneath) => {
    const x = call.inputs['x'] as TensorInfo;
    const { dtype } = call.attrs as unknown as { dtype: DataType };
    return x.dtype === dtype || kernels[dtype]?.[x.dtype] ? castTensor(call.backend, x, dtype) : beneath(call);
  },
};

export const castKernels: readonly BackendKernel[] = [cast];
