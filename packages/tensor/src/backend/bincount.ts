import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import type { BackendKernel, KernelCall } from './kernel.ts';

/** How often each number below `size` occurs in each row of x, or the sum of its weights; others are passed over. */
function count({ inputs, backend }: KernelCall, rows: number, shape: number[], size: number, binary: boolean): TensorInfo {
  const { x, weights } = inputs as { x: TensorInfo; weights: TensorInfo };
  const values = backend.typedArrayFromHeap(x);
  if (values.some((value) => value < 0)) throw new Error('Input x must be non-negative!');
  const output = backend.makeOutput(shape, weights.dtype);
  const [given, each, to] = [x, weights, output].map((tensor) => backend.typedArrayFromHeap(tensor)) as [
    Int32Array,
    Float32Array,
    Float32Array,
  ];
  to.fill(0);
  const width = rows === 0 ? 0 : given.length / rows;
  for (let i = 0; i < given.length; i++) {
    const value = given[i] as number;
    if (value >= size) continue;
    const at = Math.floor(i / width) * size + value;
    if (binary) to[at] = 1;
    else to[at] = (to[at] as number) + (each.length > 0 ? (each[i] as number) : 1);
  }
  return output;
}

export const bincountKernels: readonly BackendKernel[] = [
  {
    name: 'Bincount',
    run: (call) => {
      const { size } = call.attrs as { size: number };
      return count(call, 1, [size], size, false);
    },
  },
  {
    name: 'DenseBincount',
    run: (call) => {
      const { size, binaryOutput } = call.attrs as { size: number; binaryOutput?: boolean };
      const { shape } = call.inputs['x'] as TensorInfo;
      util.assert(shape.length <= 2, () => `Error in denseBincount: input must be at most rank 2, but got rank ${shape.length}.`);
      const rows = shape.length === 2 ? (shape[0] as number) : 1;
      return count(call, rows, shape.length === 2 ? [rows, size] : [size], size, !!binaryOutput);
    },
  },
];
