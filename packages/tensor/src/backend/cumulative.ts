import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import { cumulative, type CumulativeKernel } from '../kernels/cumulative.ts';
import type { BackendKernel } from './kernel.ts';

function cumulativeKernel(name: string, float32: CumulativeKernel, int32?: CumulativeKernel): BackendKernel {
  return {
    name,
    run: (call, beneath) => {
      const x = call.inputs['x'] as TensorInfo;
      const { axis: given, exclusive, reverse } = call.attrs as { axis: number; exclusive: boolean; reverse: boolean };
      const kernel = x.dtype === 'float32' ? float32 : x.dtype === 'int32' ? int32 : undefined;
      if (!kernel || x.shape.length === 0) return beneath(call);
      const axis = util.parseAxisParam(given, x.shape)[0] as number;
      const { backend } = call;
      const output = backend.makeOutput(x.shape, x.dtype);
      const [outer, n] = [x.shape.slice(0, axis), x.shape.slice(axis + 1)].map(util.sizeFromShape) as [number, number];
      const addresses = { x: backend.address(x), to: backend.address(output) };
      if (outer * n > 0) cumulative(backend.kernels, kernel, { ...addresses, outer, r: x.shape[axis] as number, n, exclusive, reverse });
      return output;
    },
  };
}

export const cumulativeKernels: readonly BackendKernel[] = [
  cumulativeKernel('Cumsum', 'f32_cumulative_sum', 'i32_cumulative_sum'),
  cumulativeKernel('Cumprod', 'f32_cumulative_product'),
];
