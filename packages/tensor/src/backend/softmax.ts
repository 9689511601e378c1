import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import { logSoftmax, softmax, type Rows } from '../kernels/softmax.ts';
import type { XBackend } from './backend.ts';
import type { BackendKernel } from './kernel.ts';

/** A kernel of rows along the last axis. */
function lastAxis(name: string, attribute: string, kernel: (kernels: XBackend['kernels'], call: Rows) => void): BackendKernel {
  return {
    name,
    run: (call, beneath) => {
      const logits = call.inputs['logits'] as TensorInfo;
      const axis = (call.attrs as Record<string, number>)[attribute] as number;
      const { backend } = call;
      if (logits.dtype !== 'float32' || (axis !== -1 && axis !== logits.shape.length - 1)) return beneath(call);
      const output = backend.makeOutput(logits.shape, 'float32');
      const size = util.sizeFromShape(logits.shape);
      const n = logits.shape.at(-1) ?? 1;
      if (size > 0) kernel(backend.kernels, { x: backend.address(logits), to: backend.address(output), rows: size / n, n });
      return output;
    },
  };
}

export const softmaxKernels: readonly BackendKernel[] = [lastAxis('Softmax', 'dim', softmax), lastAxis('LogSoftmax', 'axis', logSoftmax)];
