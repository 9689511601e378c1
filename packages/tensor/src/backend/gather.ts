import { backend_util, util, type TensorInfo } from '@tensorflow/tfjs-core';
import { gatherRows } from '../kernels/copy.ts';
import { elementWidth } from './element-width.ts';
import type { BackendKernel } from './kernel.ts';

/** Rows of x along an axis, chosen by index. */
const gather: BackendKernel = {
  name: 'GatherV2',
  run: (call, beneath) => {
    const { x, indices } = call.inputs as { x: TensorInfo; indices: TensorInfo };
    const width = elementWidth(x);
    if (width === 0 || indices.dtype !== 'int32') return beneath(call);
    const { axis, batchDims } = call.attrs as { axis: number; batchDims: number };
    const { backend } = call;
    const parsed = util.parseAxisParam(axis, x.shape)[0] as number;
    const choices = x.shape[parsed] as number;
    const count = util.sizeFromShape(indices.shape);
    const first = backend.address(indices) >>> 2;
    const { words } = backend.heap;
    for (let i = first; i < first + count; i++) {
      const index = words[i] as number;
      if (index < 0 || index >= choices) throw new Error(`GatherV2: the index value ${index} is not in [0, ${choices - 1}]`);
    }
    const info = backend_util.segment_util.collectGatherOpShapeInfo(x as never, indices as never, parsed, batchDims);
    const output = backend.makeOutput(info.outputShape, x.dtype);
    if (util.sizeFromShape(info.outputShape) === 0) return output;
    gatherRows(backend.kernels, {
      x: backend.address(x),
      to: backend.address(output),
      indices: backend.address(indices),
      row: info.sliceSize * width,
      batch: info.batchSize,
      groups: info.outerSize,
      choices,
      chosen: count / info.batchSize,
    });
    return output;
  },
};

export const gatherKernels: readonly BackendKernel[] = [gather];
