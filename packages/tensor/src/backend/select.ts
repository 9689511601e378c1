import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import { broadcastElementwise, canBroadcast, type ElementwiseKernel } from '../kernels/elementwise.ts';
import type { BackendKernel } from './kernel.ts';

const words: ElementwiseKernel = { name: 'b32_select', inputs: [1, 4, 4], output: 4, share: 16384 };
const bytes: ElementwiseKernel = { name: 'b8_select', inputs: [1, 1, 1], output: 1, share: 65536 };

/** t where the condition holds, else e. A condition of one axis may choose whole rows. */
const select: BackendKernel = {
  name: 'Select',
  run: (call, beneath) => {
    const { condition, t, e } = call.inputs as { condition: TensorInfo; t: TensorInfo; e: TensorInfo };
    const { backend } = call;
    const choosesRows = condition.shape.length === 1 && t.shape.length > 1;
    const even =
      util.arraysEqual(t.shape, e.shape) && (choosesRows || util.arraysEqual(condition.shape, t.shape) || condition.shape.length === 0);
    const chooses = choosesRows ? [...condition.shape, ...t.shape.slice(1).fill(1)] : condition.shape;
    if (
      condition.dtype !== 'bool' ||
      t.dtype !== e.dtype ||
      t.dtype === 'string' ||
      !even ||
      !canBroadcast(t.shape, [chooses, t.shape, e.shape])
    )
      return beneath(call);
    const output = backend.makeOutput(t.shape, t.dtype);
    broadcastElementwise(backend.kernels, t.dtype === 'bool' ? bytes : words, backend.address(output), t.shape, [
      { address: backend.address(condition), shape: chooses },
      { address: backend.address(t), shape: t.shape },
      { address: backend.address(e), shape: e.shape },
    ]);
    return output;
  },
};

export const selectKernels: readonly BackendKernel[] = [select];
