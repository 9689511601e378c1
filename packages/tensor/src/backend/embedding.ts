import { getKernel, util, type TensorInfo } from '@tensorflow/tfjs-core';
import { embeddingGradient } from '../kernels/embedding.ts';
import type { BackendKernel } from './kernel.ts';

/** table [rows, width] and ids int32 [...] -> [..., width]. */
const forward: BackendKernel = {
  name: 'XEmbedding',
  run: ({ inputs, backend }) => {
    const { table, ids } = inputs as { table: TensorInfo; ids: TensorInfo };
    const gather = getKernel('GatherV2', 'x');
    if (!gather) throw new Error("internal: backend 'x' has no kernel GatherV2");
    return gather.kernelFunc({ inputs: { x: table, indices: ids }, attrs: { axis: 0, batchDims: 0 }, backend });
  },
};

/** dy [..., width] and the ids -> the table's gradient [rows, width]. */
const backward: BackendKernel = {
  name: 'XEmbeddingGrad',
  run: ({ inputs, attrs, backend }) => {
    const { dy, ids } = inputs as { dy: TensorInfo; ids: TensorInfo };
    const { rows } = attrs as { rows: number };
    const width = dy.shape.at(-1) as number;
    const output = backend.makeOutput([rows, width], 'float32');
    embeddingGradient(backend.kernels, {
      dy: backend.address(dy),
      ids: backend.address(ids),
      to: backend.address(output),
      count: util.sizeFromShape(ids.shape),
      width,
      rows,
    });
    return output;
  },
};

export const embeddingKernels: readonly BackendKernel[] = [forward, backward];
