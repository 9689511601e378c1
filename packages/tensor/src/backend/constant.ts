import { util, type DataType, type TensorInfo } from '@tensorflow/tfjs-core';
import { fill } from '../kernels/fill.ts';
import type { XBackend } from './backend.ts';
import type { BackendKernel } from './kernel.ts';

/** The 4 bytes to fill with. */
export function wordOf(value: number, dtype: DataType): number {
  if (dtype === 'int32') return value | 0;
  if (dtype === 'bool') return value ? 0x01010101 : 0;
  return new Int32Array(Float32Array.of(value).buffer)[0] as number;
}

/** A tensor of one value. */
export function constant(backend: XBackend, shape: number[], dtype: DataType, value: number): TensorInfo {
  const output = backend.makeOutput(shape, dtype);
  const { memoryOffset, bytes } = backend.data(output);
  fill(backend.kernels, memoryOffset, bytes, wordOf(value, dtype));
  return output;
}

function like(name: string, value: number): BackendKernel {
  return {
    name,
    run: (call, beneath) => {
      const x = call.inputs['x'] as TensorInfo;
      return x.dtype === 'string' || x.dtype === 'complex64' ? beneath(call) : constant(call.backend, x.shape, x.dtype, value);
    },
  };
}

export const constantKernels: readonly BackendKernel[] = [
  {
    name: 'Fill',
    run: (call, beneath) => {
      const { shape, value, dtype } = call.attrs as unknown as { shape: number[]; value: number | string; dtype?: DataType };
      const type = dtype ?? util.inferDtype(value);
      if (typeof value === 'string' || type === 'string' || type === 'complex64') return beneath(call);
      return constant(call.backend, shape, type, value);
    },
  },
  like('ZerosLike', 0),
  like('OnesLike', 1),
];
