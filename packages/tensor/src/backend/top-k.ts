import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import { topK } from '../kernels/top-k.ts';
import type { BackendKernel } from './kernel.ts';

/** The largest values along the last axis and where they are, in order, also where any order would do. */
export const topKKernel: BackendKernel = {
  name: 'TopK',
  run: (call, beneath) => {
    const x = call.inputs['x'] as TensorInfo;
    const { k } = call.attrs as { k: number };
    const n = x.shape.at(-1) ?? 0;
    if ((x.dtype !== 'float32' && x.dtype !== 'int32') || !(k >= 0 && k <= n)) return beneath(call);
    const { backend } = call;
    const shape = [...x.shape.slice(0, -1), k];
    const [values, indices] = [backend.makeOutput(shape, x.dtype), backend.makeOutput(shape, 'int32')];
    const size = util.sizeFromShape(shape);
    if (size > 0) {
      const addresses = { x: backend.address(x), values: backend.address(values), indices: backend.address(indices) };
      topK(backend.kernels, { ...addresses, rows: size / k, n, k, type: x.dtype === 'int32' ? 'i32' : 'f32' });
    }
    return [values, indices];
  },
};
